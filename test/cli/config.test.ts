import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { load } from 'js-yaml';
import { checkSchema, schemaIn } from '../support/json-schema.ts';
import { runKx } from '../support/program.ts';

interface Viewed {
  readonly value: string | string[];
  readonly source: string;
  readonly origin: string | null;
}

interface View {
  readonly file: string | null;
  readonly context: string | null;
  readonly commands: Readonly<Record<string, Readonly<Record<string, Viewed>>>>;
}

const schema = schemaIn(readFileSync(resolve(import.meta.dirname, '../../docs/config.md'), 'utf8'));

suite('kx config', () => {
  let folder: string;
  let file: string;
  let kubeconfig: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kx-test-'));
    file = join(folder, 'config.yaml');
    kubeconfig = join(folder, 'kubeconfig');
    const contexts = ['prod', 'test'].map((name) => ({ name, context: { cluster: 'c', user: 'u' } }));
    writeFileSync(kubeconfig, JSON.stringify({ 'current-context': 'test', contexts }));
  });
  after(() => rmSync(folder, { recursive: true }));

  const kx = async (settings: string, words: readonly string[], env: Record<string, string | undefined> = {}) => {
    writeFileSync(file, settings);
    const { code, stdout, stderr } = await runKx(['config', ...words], {
      env: { KX_CONFIG: file, KUBECONFIG: kubeconfig, ...env },
    });
    return { code, stdout: stdout.toString(), stderr: stderr.replaceAll(file, 'FILE') };
  };
  const view = async (
    settings: string,
    words: readonly string[] = [],
    env: Record<string, string | undefined> = {},
  ) => {
    const { code, stdout, stderr } = await kx(settings, ['view', '-o', 'json', ...words], env);
    assert.deepEqual([code, stderr], [0, '']);
    const found = JSON.parse(stdout) as View;
    checkSchema(schema, found);
    return found;
  };

  const settings = [
    'defaults:',
    '  exec: {timeout: 1m, env: [A=1, B=2]}',
    '  logs: {tail: 5, timestamps: true}',
    'contexts:',
    '  prod:',
    '    defaults:',
    '      logs: {tail: 200}',
    '      sandbox: {v: 1}',
  ].join('\n');

  test('view says of each value where it is from', async () => {
    const { context, commands, ...rest } = await view(settings, ['--context', 'prod'], { KX_TIMEOUT: '9s' });
    const { exec = {}, logs = {}, cp = {} } = commands;
    assert.deepEqual([context, rest.file], ['prod', file]);
    assert.deepEqual(exec['timeout'], { value: '9s', source: 'environment', origin: 'KX_TIMEOUT' });
    assert.deepEqual(exec['env'], { value: ['A=1', 'B=2'], source: 'file', origin: `${file}:2` });
    assert.deepEqual(logs['tail'], { value: '200', source: 'context', origin: `${file}:7` });
    assert.deepEqual(logs['timestamps'], { value: 'true', source: 'file', origin: `${file}:3` });
    assert.deepEqual(cp['progress'], { value: 'auto', source: 'default', origin: null });
    assert.equal(commands['sandbox'], undefined, 'a command that connects to nothing is in no context');
  });

  test('view is of the current context where none is named', async () => {
    const { context, commands } = await view(settings);
    assert.deepEqual([context, commands['logs']?.['tail']?.value], ['test', '5']);
  });

  test('view spells a time as it is typed', async () => {
    assert.equal((await view('')).commands['exec']?.['pod-running-timeout']?.value, '60s');
  });

  test('view is YAML unless JSON is asked for', async () => {
    const { stdout } = await kx(settings, ['view']);
    assert.deepEqual(load(stdout), await view(settings));
    assert.match(stdout, /^ {4}tail: \{value: '5', source: file, origin: /m);
  });

  test('no file and no kubeconfig are no error', async () => {
    const env = { KX_CONFIG: undefined, KUBECONFIG: undefined, HOME: join(folder, 'none') };
    const { file: found, context, commands } = await view('', [], env);
    assert.deepEqual([found, context], [null, null]);
    const all = Object.values(commands).flatMap((flags) => Object.values(flags));
    assert.ok(all.length > 0 && all.every(({ source }) => source === 'default'));
  });

  const mistakes: readonly (readonly [string, readonly string[], string])[] = [
    [
      'defaults:\n  logs:\n    tial: 1\n    tailed: 1\n',
      ['view'],
      'error: FILE:3: there is no setting defaults.logs.tial [KX_CONFIG]\nhint: did you mean tail?\n',
    ],
    [
      'defaults:\n  config: {output: json}\n',
      ['view'],
      'error: FILE:2: there is no setting defaults.config [KX_CONFIG]\n',
    ],
    [
      'contexts:\n  test:\n    defaults:\n      exec:\n        timeout: soon\n',
      ['view'],
      'error: FILE:5: invalid argument "soon" for "--timeout" flag: time: invalid duration "soon" [KX_CONFIG]\n',
    ],
    [
      '',
      ['view', '--context', 'prd'],
      'error: context "prd" is not in the kubeconfig [KX_CONFIG]\nhint: did you mean prod?\n',
    ],
    ['', ['veiw'], 'error: invalid argument "veiw": not one of view, path [KX_USAGE]\nhint: did you mean view?\n'],
    ['', [], 'error: a word is missing: one of view, path [KX_USAGE]\nhint: see --help\n'],
  ];
  for (const [text, words, message] of mistakes) {
    test(`"config ${words.join(' ')}" with ${JSON.stringify(text)} is an error that says what is meant`, async () => {
      const { code, stdout, stderr } = await kx(text, words);
      assert.deepEqual([code, stdout, stderr], [125, '', message]);
    });
  }

  test('a file that KX_CONFIG names and that is not there is an error of view, and no matter to path', async () => {
    const env = { KX_CONFIG: join(folder, 'none.yaml') };
    assert.match((await kx('', ['view'], env)).stderr, /^error: there is no settings file \S+none\.yaml \[KX_CONFIG\]/);
    assert.deepEqual(await kx('', ['path'], env), { code: 0, stdout: `${env.KX_CONFIG}\n`, stderr: '' });
  });

  test('path is where the file is looked for, whatever is in it', async () => {
    assert.deepEqual(await kx('{', ['path']), { code: 0, stdout: `${file}\n`, stderr: '' });
    const home = join(folder, 'home');
    mkdirSync(home);
    const { stdout } = await kx('', ['path'], { KX_CONFIG: undefined, XDG_CONFIG_HOME: undefined, HOME: home });
    assert.equal(stdout, join(home, '.config/kx/config.yaml\n'));
  });
});
