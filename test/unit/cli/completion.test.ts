import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { wordsToComplete } from '../../../src/cli/words-to-complete.ts';
import { formatCompletions } from '../../../src/commands/completion/completions.ts';
import { meaningsOfArgument, meaningsOfFlag, type Slot } from '../../../src/commands/completion/meanings.ts';
import { readLine } from '../../../src/commands/completion/read-line.ts';
import { addLines, removeLines } from '../../../src/commands/completion/startup-lines.ts';
import manifest from '../../../oclif.manifest.json' with { type: 'json' };

suite('who asks for completions', () => {
  test('is kubectl, by a name of the program', () => {
    for (const name of ['kubectl_complete-kx', '/a/b/kubectl_complete-other', 'C:\\bin\\kubectl_complete-kx.exe']) {
      assert.deepEqual(wordsToComplete(name, ['exec', '']), ['exec', '']);
    }
  });

  test('is a script, which may mark its words', () => {
    assert.deepEqual(wordsToComplete('kubectl-kx', ['__complete', 'exec', '']), ['exec', '']);
    assert.deepEqual(wordsToComplete('kubectl-kx', ['__complete-words', '=exec', '=', '==a']), ['exec', '', '=a']);
  });

  test('is nobody else', () => {
    assert.equal(wordsToComplete('kubectl-kx', ['exec', '__complete']), undefined);
    assert.equal(wordsToComplete('/kubectl_complete-kx/kubectl-kx', []), undefined);
  });
});

suite('a line that is being typed', () => {
  const specs = {
    namespace: { type: 'option', char: 'n' },
    tty: { type: 'boolean', char: 't' },
    container: { type: 'option', char: 'c', multiple: true },
  } as const;
  const cases: readonly (readonly [line: string, at: string, word: string, args: readonly string[]])[] = [
    ['pod ', 'arg', '', ['pod']],
    ['-n ', 'value of namespace', '', []],
    ['-n a po', 'arg', 'po', []],
    ['-nfo', 'value of namespace behind -n', 'fo', []],
    ['-n=fo', 'value of namespace behind -n=', 'fo', []],
    ['-tnfo', 'value of namespace behind -tn', 'fo', []],
    ['-tc ', 'value of container', '', []],
    ['--container=a=b', 'value of container behind --container=', 'a=b', []],
    ['--nosuch x', 'arg', 'x', []],
    ['-c -t', 'value of container', '-t', []],
    ['pod -', 'flag', '-', ['pod']],
    ['pod --na', 'flag', '--na', ['pod']],
  ];
  for (const [line, at, word, args] of cases) {
    test(`"${line}" ends in ${at}`, () => {
      const read = readLine(line.split(' '), specs);
      const where =
        read.at.kind === 'value'
          ? `value of ${read.at.flag}${read.at.prefix && ` behind ${read.at.prefix}`}`
          : read.at.kind;
      assert.deepEqual([where, read.word, read.args], [at, word, args]);
    });
  }
});

suite('the answer to a shell', () => {
  test('has only what fits, once, and nothing that a line cannot hold', () => {
    const candidates = [{ text: 'one', note: 'n' }, { text: 'two' }, { text: 'one', note: 'n' }, { text: 'o\nx' }];
    assert.equal(formatCompletions({ candidates }, 'o'), 'one\tn\n:4\n');
  });

  test('forbids the space where something can follow, unless that is seldom meant', () => {
    assert.equal(formatCompletions({ candidates: [{ text: 'a/' }, { text: 'ab' }] }, 'a'), 'a/\nab\n:6\n');
    assert.equal(
      formatCompletions({ candidates: [{ text: 'a/', seldom: true }, { text: 'ab' }] }, 'a'),
      'a/\nab\n:4\n',
    );
    assert.equal(formatCompletions({ candidates: [{ text: 'a/', seldom: true }] }, 'a'), 'a/\n:6\n');
  });

  test('leaves paths to the shell where it is asked to', () => {
    assert.equal(formatCompletions({ candidates: [], paths: 'files' }, 'o'), ':0\n');
    assert.equal(formatCompletions({ candidates: [], paths: 'directories' }, 'o'), ':16\n');
  });
});

suite('what the help says of flags and arguments is enough to complete them', () => {
  const commands: Readonly<Record<string, { readonly args: Readonly<Record<string, Slot>> }>> = manifest.commands;
  for (const [name, { args }] of Object.entries(commands)) {
    for (const [arg, slot] of Object.entries(args)) {
      test(`the argument ${arg} of ${name}`, () => {
        assert.ok(slot.options !== undefined || meaningsOfArgument(slot).length > 0, slot.description);
      });
    }
  }

  test('by the words in capitals', () => {
    assert.deepEqual(meaningsOfArgument({ description: 'POD, TYPE/NAME or /REGEX/' }), ['pod', 'workload']);
    assert.deepEqual(meaningsOfFlag('exclude', { helpValue: 'POD' }), ['pod']);
    assert.deepEqual(meaningsOfFlag('record', { helpValue: 'FILE' }), ['file']);
    assert.deepEqual(meaningsOfFlag('timeout', { helpValue: 'DURATION' }), []);
  });
});

suite('the lines of kx in a start-up file', () => {
  test('stand at its end, once, and go without a trace', () => {
    for (const text of ['', 'a\n', 'a\nb\n']) {
      const added = addLines(text, ['x', 'y']);
      assert.equal(addLines(added, ['x', 'y']), added);
      assert.equal(removeLines(added), text);
      assert.equal(removeLines(`${added}more\n`), `${text}more\n`);
    }
  });

  test('are not looked for where a mark has lost its other half', () => {
    const half = '# >>> kubectl-kx completion >>>\nx\n';
    assert.equal(removeLines(half), half);
  });
});
