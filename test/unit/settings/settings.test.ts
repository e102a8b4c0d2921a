import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import {
  chooseSettings,
  findSettingsFile,
  hasVariables,
  settingsPath,
  type Rules,
} from '../../../src/lib/settings/index.ts';

const rules: Rules = {
  commands: {
    logs: {
      tail: { type: 'option' },
      color: { type: 'option', options: ['auto', 'always', 'never'] },
      include: { type: 'option', multiple: true },
      follow: { type: 'boolean' },
      'max-log-requests': { type: 'option' },
      token: { type: 'option', refused: 'how to connect is said by the kubeconfig' },
    },
    exec: { timeout: { type: 'option' } },
  },
  nearest: (word, candidates) => candidates.find((candidate) => candidate.startsWith(word.slice(0, 2))),
};

suite('settings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kx-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.yaml');

  interface Choice {
    readonly env?: NodeJS.ProcessEnv;
    readonly context?: string | undefined;
    readonly command?: string;
  }
  const choose = (text: string, { env = {}, context, command = 'logs' }: Choice = {}) => {
    writeFileSync(file, text);
    return chooseSettings({ command, env, file, rules, context: () => Promise.resolve(context) });
  };
  const valuesOf = async (text: string, choice: Choice = {}) =>
    Object.fromEntries(Object.entries(await choose(text, choice)).map(([flag, { values }]) => [flag, values.join()]));

  test('values are the words that were written', async () => {
    const text = 'defaults:\n  logs:\n    tail: 0100\n    color: "always"\n    follow: true\n    include: [a, 1.10]\n';
    assert.deepEqual(await valuesOf(text), { tail: '0100', color: 'always', follow: 'true', include: 'a,1.10' });
    assert.deepEqual(await valuesOf('defaults: {logs: {include: one}}'), { include: 'one' });
  });

  test('a setting knows where it is from', async () => {
    const settings = await choose('# mine\n\ndefaults:\n  logs:\n    # often\n    tail: 5\n', {
      env: { KX_COLOR: 'never' },
    });
    assert.deepEqual([settings['tail']?.origin, settings['color']?.origin], [`${file}:6`, 'KX_COLOR']);
  });

  test('the environment goes before the context, and the context before the defaults', async () => {
    const text = [
      'defaults: {logs: {tail: 1, color: auto, max-log-requests: 1}, exec: {timeout: 1s}}',
      'contexts: {prod: {defaults: {logs: {tail: 2, color: never}}}, test: {defaults: {logs: {tail: 3}}}, other: }',
    ].join('\n');
    const env = { KX_TAIL: '4', KX_MAX_LOG_REQUESTS: '', KX_TIMEOUT: '9s', KX_OTHER: 'x' };
    assert.deepEqual(await valuesOf(text, { context: 'prod', env }), {
      tail: '4',
      color: 'never',
      'max-log-requests': '1',
    });
    assert.deepEqual(await valuesOf(text, { context: 'test' }), { tail: '3', color: 'auto', 'max-log-requests': '1' });
    assert.deepEqual(await valuesOf(text, { context: 'constructor' }), await valuesOf(text));
    assert.deepEqual(await valuesOf(text, { command: 'exec', env }), { timeout: '9s' });
  });

  test('the context is asked for only where the file says something of contexts for the command', async () => {
    const ask = () => assert.fail('it was asked for');
    writeFileSync(file, 'defaults: {logs: {tail: 1}}\ncontexts: {a: {defaults: {exec: {timeout: 1s}}}}');
    await chooseSettings({ command: 'logs', env: {}, file, rules, context: ask });
  });

  for (const text of ['', '# nothing\n', 'defaults:\ncontexts:\n', 'defaults: {logs: }', '--- {}\n']) {
    test(`${JSON.stringify(text)} says nothing`, async () => assert.deepEqual(await valuesOf(text), {}));
  }

  const refused: [string, number, string, string?][] = [
    ['default:\n', 1, 'there is no setting default', 'did you mean defaults?'],
    ['\ndefaults:\n  log: {}\n', 3, 'there is no setting defaults.log', 'did you mean logs?'],
    ['defaults:\n  logs:\n    tial: 1\n', 3, 'there is no setting defaults.logs.tial'],
    ['defaults:\n  logs:\n    taill: 1\n', 3, 'there is no setting defaults.logs.taill', 'did you mean tail?'],
    ['contexts:\n  a:\n    logs: {}\n', 3, 'there is no setting contexts.a.logs'],
    [
      'defaults: {exec: {timeout: 1s},\n  logs: {color: allways}}',
      2,
      'defaults.logs.color: "allways" is not one of auto, always, never',
      'did you mean always?',
    ],
    ['defaults:\n  logs: {follow: yes}', 2, 'defaults.logs.follow: "yes" is not one of true, false'],
    ['defaults:\n  logs:\n    tail:\n', 3, 'defaults.logs.tail has no value that a flag can take'],
    ['defaults:\n  logs:\n    tail: [1]\n', 3, 'defaults.logs.tail has no value that a flag can take'],
    ['defaults:\n  logs:\n    include: [a, {b: c}]\n', 3, 'defaults.logs.include has no value that a flag can take'],
    [
      'defaults:\n  logs:\n    token: abc\n',
      3,
      'defaults.logs.token cannot be set in a file: how to connect is said by the kubeconfig',
    ],
    ['defaults:\n  logs: tail\n', 2, 'defaults.logs is not a mapping'],
    ['- defaults\n', 1, 'the file is not a mapping'],
    [
      'contexts:\n  a: &a\n    defaults: {logs: {tail: 1}}\n  b: *a\n  c: {defaults: {logs: *a}}\n',
      5,
      'there is no setting contexts.c.defaults.logs.defaults',
    ],
  ];
  for (const [text, line, message, hint] of refused) {
    test(`${JSON.stringify(text)} is refused: ${message}`, async () => {
      await assert.rejects(choose(text), (error: unknown) => {
        assert.ok(error instanceof KxError);
        assert.deepEqual([error.code, error.message, error.hint], ['KX_CONFIG', `${file}:${line}: ${message}`, hint]);
        return true;
      });
    });
  }

  test('what is wrong for another command is wrong too', async () => {
    await assert.rejects(choose('defaults: {exec: {tiemout: 1s}}'), /exec\.tiemout/);
  });

  test('what is no YAML is refused with its line', async () => {
    await assert.rejects(choose('defaults:\n  logs: {\n'), new RegExp(`^KxError: ${file}:\\d+ is not valid YAML: `));
    await assert.rejects(choose('defaults: {}\ndefaults: {}\n'), /:2 is not valid YAML: duplicated mapping key/);
    await assert.rejects(choose('defaults: {}\n---\ncontexts: {}\n'), /more than one document/);
  });

  test('a variable is checked as the file is', async () => {
    await assert.rejects(
      choose('', { env: { KX_FOLLOW: '1' } }),
      /^KxError: KX_FOLLOW: "1" is not one of true, false$/,
    );
    assert.deepEqual(await valuesOf('', { env: { KX_TOKEN: 'secret' } }), {});
    assert.deepEqual([hasVariables({ KX_A: '' }), hasVariables({ HOME: '/' })], [true, false]);
  });

  test('the file is where KX_CONFIG or XDG say, else in ~/.config', () => {
    assert.equal(settingsPath({ HOME: '/home/me' }), '/home/me/.config/kx/config.yaml');
    assert.equal(settingsPath({ HOME: '/home/me', XDG_CONFIG_HOME: '/etc/me' }), '/etc/me/kx/config.yaml');
    assert.equal(settingsPath({ HOME: '/home/me', XDG_CONFIG_HOME: 'relative' }), '/home/me/.config/kx/config.yaml');
    assert.equal(settingsPath({ KX_CONFIG: '/a/b.yaml', XDG_CONFIG_HOME: '/etc/me' }), '/a/b.yaml');
  });

  test('no file is no settings, but one that KX_CONFIG names must be there', () => {
    assert.equal(findSettingsFile({ HOME: folder }), undefined);
    writeFileSync(join(folder, '.config'), 'a file');
    assert.equal(findSettingsFile({ HOME: folder }), undefined);
    mkdirSync(join(folder, 'xdg/kx'), { recursive: true });
    const path = join(folder, 'xdg/kx/config.yaml');
    writeFileSync(path, '');
    assert.equal(findSettingsFile({ HOME: folder, XDG_CONFIG_HOME: join(folder, 'xdg') }), path);
    assert.throws(
      () => findSettingsFile({ KX_CONFIG: join(folder, 'none.yaml') }),
      (error: unknown) => error instanceof KxError && error.code === 'KX_CONFIG',
    );
  });
});
