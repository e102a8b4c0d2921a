import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseSpec, type SpecRules } from '../../../src/lib/copy/index.ts';
import { KxError } from '../../../src/lib/errors/index.ts';

const unix: SpecRules = { windows: false, selector: false };
const windows: SpecRules = { windows: true, selector: false };
const selected: SpecRules = { windows: false, selector: true };

const remote = (kind: string, name: string, path: string, namespace?: string) => ({
  side: 'remote',
  ...(namespace === undefined ? {} : { namespace }),
  reference: { kind, name },
  path,
});
const local = (path: string) => ({ side: 'local', path });

suite('what a source or destination of kx cp means', () => {
  const cases: readonly [text: string, spec: object, rules?: SpecRules][] = [
    ['file', local('file')],
    ['/a/b', local('/a/b')],
    ['dir/', local('dir/')],
    ['-', { side: 'stdio' }],
    ['./-', local('./-')],
    ['web:/srv', remote('pod', 'web', '/srv')],
    ['web:srv', remote('pod', 'web', 'srv')],
    ['web:/a:b', remote('pod', 'web', '/a:b')],
    ['web:-', remote('pod', 'web', '-')],
    ['prod/web:/srv', remote('pod', 'web', '/srv', 'prod')],
    ['deploy/web:/srv', remote('deployment', 'web', '/srv')],
    ['Deployments.apps/web:/srv', remote('deployment', 'web', '/srv')],
    ['po/web:/srv', remote('pod', 'web', '/srv')],
    ['prod/sts/db:/data', remote('statefulset', 'db', '/data', 'prod')],
    ['job/pod/web:/srv', remote('pod', 'web', '/srv', 'job')],
    ['node/n-1:/srv', { side: 'remote', node: 'n-1', path: '/srv' }],
    ['no/a.b:/a:b', { side: 'remote', node: 'a.b', path: '/a:b' }],
    ['web:/ä', remote('pod', 'web', '/\xc3\xa4')],
    ['./a:b', local('./a:b')],
    ['../a:b', local('../a:b')],
    ['.a:b', local('.a:b')],
    ['/a:b', local('/a:b')],
    ['a/b/c:d', local('a/b/c:d')],
    ['a/b/c/d:e', local('a/b/c/d:e')],
    ['c:/x', remote('pod', 'c', '/x')],
    ['c:/x', local('c:/x'), windows],
    ['C:\\x', local('C:\\x'), windows],
    ['D:x', local('D:x'), windows],
    ['dir\\a:b', local('dir\\a:b'), windows],
    ['pod/c:/x', remote('pod', 'c', '/x'), windows],
    ['web:C:\\x', remote('pod', 'web', 'C:\\x'), windows],
    [':/srv', { side: 'remote', path: '/srv' }, selected],
  ];
  for (const [text, spec, rules = unix] of cases) {
    const where = rules.windows ? ' on Windows' : '';
    test(`${text}${where} is ${JSON.stringify(spec)}`, () => assert.deepEqual(parseSpec(text, rules), spec));
  }

  const refusals: readonly [text: string, says: RegExp, hints?: RegExp][] = [
    ['', /^filepath can not be empty$/],
    ['web:', /^filepath can not be empty$/],
    [':/srv', /^filespec must match the canonical format/, /-l/],
    ['My file: 1', /cannot be the name of a pod/, /\.\//],
    ['C:\\x', /"C" cannot be the name of a pod/, /\.\//],
    ['Prod/web:/x', /"Prod" cannot be the name of a namespace/, /\.\//],
    ['prod/Web:/x', /"Web" cannot be the name of a pod/],
    ['deploy/We_b:/x', /cannot be the name of a deployment/],
    ['a/:/x', /^filespec must match the canonical format/],
  ];
  for (const [text, says, hints = /./] of refusals) {
    test(`${JSON.stringify(text)} is refused`, () => {
      assert.throws(
        () => parseSpec(text, unix),
        (error) => {
          assert.ok(error instanceof KxError);
          assert.equal(error.code, 'KX_USAGE');
          assert.match(error.message, says);
          assert.match(error.hint ?? '-', hints);
          return true;
        },
      );
    });
  }
});
