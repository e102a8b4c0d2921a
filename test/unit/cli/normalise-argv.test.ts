import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normaliseArgv, unguardValue } from '../../../src/cli/normalise-argv.ts';
import { KxError } from '../../../src/lib/errors/index.ts';

const specs = {
  stdin: { type: 'boolean', char: 'i' },
  tty: { type: 'boolean', char: 't' },
  container: { type: 'option', char: 'c' },
  namespace: { type: 'option', char: 'n' },
  v: { type: 'option', char: 'v' },
  'as-group': { type: 'option', multiple: true },
} as const;

/** What is typed, and the one form of it; a value that is guarded is shown without its guard. */
const readings: [string, string][] = [
  ['pod', 'pod'],
  ['-it pod', '--stdin --tty pod'],
  ['-i -t pod', '--stdin --tty pod'],
  ['pod -it', '--stdin --tty pod'],
  ['-itc app pod', '--stdin --tty --container=app pod'],
  ['-itcapp pod', '--stdin --tty --container=app pod'],
  ['-itc=app pod', '--stdin --tty --container=app pod'],
  ['--container app pod', '--container=app pod'],
  ['--container=app pod', '--container=app pod'],
  ['--container= pod', '--container= pod'],
  ['-c a -c b pod --container=c', '--container=c pod'],
  ['--stdin=false pod', 'pod'],
  ['--stdin=true pod', '--stdin pod'],
  ['-i=false -t=T pod', '--tty pod'],
  ['-it=0 pod', '--stdin pod'],
  ['-i --stdin=F pod', 'pod'],
  ['--stdin=false -i pod', '--stdin pod'],
  ['-v6 pod', '--v=6 pod'],
  ['-v=6 pod', '--v=6 pod'],
  ['-v 6 pod', '--v=6 pod'],
  ['--v 6 pod', '--v=6 pod'],
  ['-c -i pod', '--container=-i pod'],
  ['--container --tty pod', '--container=--tty pod'],
  ['--container=-t pod', '--container=-t pod'],
  ['--as-group a --as-group=b --as_group c pod', '--as-group=a --as-group=b --as-group=c pod'],
  ['--container a=b=c pod', '--container=a=b=c pod'],
  ['- pod', '- pod'],
];

for (const [typed, form] of readings) {
  test(`"${typed}" is read as "${form}"`, () => {
    const words = normaliseArgv(typed.split(' '), specs);
    assert.equal(words.join(' ').replaceAll('\0', ''), form);
  });
}

const refusals: [string, string][] = [
  ['--contaner app', 'unknown flag: --contaner'],
  ['-x', "unknown shorthand flag: 'x' in -x"],
  ['-itx', "unknown shorthand flag: 'x' in -itx"],
  ['pod --container', 'flag needs an argument: --container'],
  ['pod -itc', "flag needs an argument: 'c' in -itc"],
  ['--stdin=maybe', 'invalid argument "maybe" for "-i, --stdin" flag: neither true nor false'],
  ['--__proto__=x', 'unknown flag: ----proto--'],
  ['--constructor x', 'unknown flag: --constructor'],
];

for (const [typed, message] of refusals) {
  test(`"${typed}" is refused: ${message}`, () => {
    assert.throws(
      () => normaliseArgv(typed.split(' '), specs),
      (error) => error instanceof KxError && error.code === 'KX_USAGE' && error.message === message,
    );
  });
}

test('a mistyped flag gets the flag that was meant as a hint', () => {
  assert.throws(() => normaliseArgv(['--contaner'], specs), { hint: 'did you mean --container?' });
});

/** One setting of a flag, and every way to type it. */
const setting = fc.oneof(
  fc.constantFrom('stdin', 'tty').map((name) => {
    const char = specs[name as 'stdin'].char;
    return { form: `--${name}`, spellings: [[`--${name}`], [`-${char}`], [`--${name}=true`], [`-${char}=1`]] };
  }),
  fc.tuple(fc.constantFrom('container', 'namespace'), fc.string({ minLength: 1 })).map(([name, value]) => {
    const char = specs[name as 'container'].char;
    const attached = value.startsWith('=') ? `-${char}=${value}` : `-${char}${value}`;
    return {
      form: `--${name}=${value}`,
      spellings: [[`--${name}`, value], [`--${name}=${value}`], [`-${char}`, value], [attached]],
    };
  }),
);

test('every spelling of the same settings has the same form, wherever the arguments stand', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(setting, fc.nat(3), fc.boolean())), (choices) => {
      const typed: string[] = [];
      const plain: string[] = [];
      for (const [{ form, spellings }, choice, withArgument] of choices) {
        if (withArgument) typed.push('word');
        typed.push(...(spellings[choice % spellings.length] ?? []));
        plain.push(form);
      }
      const words = choices.filter(([, , withArgument]) => withArgument).map(() => 'word');
      assert.deepEqual(normaliseArgv(typed, specs), normaliseArgv([...plain, ...words], specs));
    }),
  );
});

test('a form is read as itself, and unguarding gives back every value', () => {
  fc.assert(
    fc.property(fc.array(fc.string().map((value) => value.replaceAll('\0', ''))), (values) => {
      const typed = values.flatMap((value) => ['--as-group', value]);
      const form = normaliseArgv(typed, specs);
      assert.deepEqual(normaliseArgv(form, specs), form);
      assert.deepEqual(
        form.map((word) => unguardValue(word.slice('--as-group='.length))),
        values,
      );
    }),
  );
});
