import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { KxError } from '../../../src/lib/errors/index.ts';
import { exitCodeOf, statusOfError, statusOfExit } from '../../../src/lib/remotecommand/index.ts';

const read = (value: unknown): number | KxError => exitCodeOf(Buffer.from(JSON.stringify(value)));

const nonZero = (message: unknown): object => ({
  metadata: {},
  status: 'Failure',
  message: 'command terminated with non-zero exit code: error executing command [sh], exit code 7',
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message }] },
});

function failure(value: number | KxError): KxError {
  assert.ok(value instanceof KxError, `a failure was read as exit code ${String(value)}`);
  return value;
}

suite('reading a Status', () => {
  test('Success is 0, as kubelets write it', () => {
    assert.equal(exitCodeOf(Buffer.from('{"metadata":{},"status":"Success"}')), 0);
  });

  for (const code of [1, 2, 37, 126, 127, 128, 130, 137, 255]) {
    test(`the cause ExitCode "${code}" is the command's own ${code}`, () => {
      assert.equal(read(nonZero(String(code))), code);
    });
  }

  for (const message of [
    '0',
    '256',
    '-1',
    '1.5',
    '',
    ' 3',
    '3 ',
    '0x10',
    '1e1',
    'NaN',
    '3221225477',
    7,
    null,
    undefined,
    {},
  ]) {
    test(`the cause ExitCode ${message === undefined ? 'without a message' : JSON.stringify(message)} is no exit code, and no success`, () => {
      const error = failure(read(nonZero(message)));
      assert.equal(error.code, 'KX_REMOTE');
      assert.match(error.message, /command terminated/);
    });
  }

  test('the ExitCode cause is found behind others', () => {
    const status = {
      ...nonZero('3'),
      details: {
        causes: [
          { reason: 'Other', message: '9' },
          { reason: 'ExitCode', message: '3' },
        ],
      },
    };
    assert.equal(read(status), 3);
  });

  test('an ExitCode cause under another reason is not the command speaking', () => {
    assert.equal(failure(read({ ...nonZero('3'), reason: 'InternalError' })).code, 'KX_REMOTE');
  });

  const prefix = 'error executing command in container: failed to exec in container: failed to start exec "6f1c2a": ';
  const runc = 'OCI runtime exec failed: exec failed: unable to start container process: ';
  const notFound = {
    'containerd and runc, a name': `${prefix}${runc}exec: "nosuch": executable file not found in $PATH: unknown`,
    'runc, a name in quotes of docker': `Internal error occurred: ${runc}exec: \\"nosuch\\": executable file not found in $PATH: unknown`,
    'runc, a path': `${prefix}${runc}exec: "/no/such": stat /no/such: no such file or directory: unknown`,
    'runc, a path without stat': `${runc}exec: "/no/such": no such file or directory`,
    'an old runc':
      'rpc error: code = 2 desc = oci runtime error: exec failed: container_linux.go:247: starting container process caused "exec: \\"nosuch\\": executable file not found in $PATH"',
    'crun, a name':
      'OCI runtime exec failed: exec failed: crun: executable file `nosuch` not found in $PATH: No such file or directory',
    'crun, a path':
      'crun: executable file `/no/such` not found: No such file or directory: OCI runtime attempted to invoke a command that was not found',
  };
  for (const [who, message] of Object.entries(notFound)) {
    test(`a missing command in the words of ${who} is KX_COMMAND_NOT_FOUND, and nothing ran`, () => {
      const error = failure(read({ status: 'Failure', message, reason: 'InternalError', code: 500 }));
      assert.deepEqual([error.code, error.ran, error.exit], ['KX_COMMAND_NOT_FOUND', 'no', 127]);
      assert.equal(error.message, message);
    });
  }

  const notExecutable = {
    'runc, a file without the x bit': `${prefix}${runc}exec: "/etc/passwd": permission denied: unknown`,
    'runc, a directory': `${prefix}${runc}exec: "/tmp": is a directory: unknown`,
    'runc, a wrong machine': `${prefix}${runc}exec /bin/app: exec format error`,
    'crun, a file without the x bit':
      'OCI runtime exec failed: exec failed: crun: open executable: Permission denied: OCI permission denied',
    'crun, a wrong machine':
      'OCI runtime exec failed: exec failed: crun: exec container process `/bin/app`: Exec format error',
  };
  for (const [who, message] of Object.entries(notExecutable)) {
    test(`a command that cannot be executed in the words of ${who} is KX_COMMAND_NOT_EXECUTABLE`, () => {
      const error = failure(read({ status: 'Failure', message, reason: 'InternalError', code: 500 }));
      assert.deepEqual([error.code, error.ran, error.exit], ['KX_COMMAND_NOT_EXECUTABLE', 'no', 126]);
    });
  }

  const others = {
    'a container that is gone':
      'error executing command in container: failed to exec in container: failed to load task: no running task found: task 6f1c2a not found',
    'a kubelet that cannot be reached': 'error dialing backend: dial tcp 10.0.0.7:10250: connect: connection refused',
    'a directory that is missing': `${runc}chdir to cwd ("/srv") set in config.json failed: no such file or directory`,
  };
  for (const [what, message] of Object.entries(others)) {
    test(`${what} is KX_REMOTE, and whether something ran is not known`, () => {
      const error = failure(read({ status: 'Failure', message, reason: 'InternalError', code: 500 }));
      assert.deepEqual([error.code, error.ran], ['KX_REMOTE', 'maybe']);
    });
  }

  test('plain text, as servers before v4 write it, is KX_REMOTE on one line', () => {
    const error = failure(exitCodeOf(Buffer.from('error: something\r\n  broke\nhere \n')));
    assert.deepEqual([error.code, error.message], ['KX_REMOTE', 'error: something broke here']);
  });

  const rubbish = [
    'null',
    '7',
    '"Success"',
    '[]',
    '{}',
    '{"status":',
    '{"status":"success"}',
    '{"status":["Success"]}',
    '{"status":null}',
    '{"status":"Failure"}',
    '{"status":"Failure","message":7}',
    '{"status":"Failure","details":7}',
    '{"status":"Failure","reason":"NonZeroExitCode"}',
    '{"status":"Failure","reason":"NonZeroExitCode","details":null}',
    '{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":"ExitCode"}}',
    '{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":{"length":1}}}',
    '{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[null,3,"x"]}}',
    '{"status":"Failure","message":{"trim":1},"reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode"}]}}',
    '\u0000\ufffd',
    ' ',
  ];
  for (const text of rubbish) {
    test(`${JSON.stringify(text)} is KX_REMOTE, neither a success nor a crash`, () => {
      assert.equal(failure(exitCodeOf(Buffer.from(text))).code, 'KX_REMOTE');
    });
  }

  test('no bytes at all crash the reader, and only a Status that says so is a success', () => {
    const parts = fc.constantFrom(
      'status',
      'Success',
      'Failure',
      'reason',
      'NonZeroExitCode',
      'details',
      'causes',
      'message',
    );
    const json = fc.oneof(
      fc.json(),
      fc.dictionary(parts, fc.oneof(parts, fc.jsonValue())).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(json, (text) => {
        const result = exitCodeOf(Buffer.from(text));
        if (typeof result === 'number') assert.match(text, result === 0 ? /"Success"/ : /"ExitCode"/);
      }),
      { numRuns: 1000 },
    );
  });
});

suite('writing a Status', () => {
  test('what is written for any exit code is read as the same code', () => {
    for (let code = 0; code < 256; code++) assert.equal(read(statusOfExit({ code })), code);
  });

  test('the fields are those that kubectl reads', () => {
    assert.deepEqual(statusOfExit({ code: 0 }), { metadata: {}, status: 'Success' });
    const status = statusOfExit({ code: 37 });
    assert.deepEqual([status.status, status.reason], ['Failure', 'NonZeroExitCode']);
    assert.deepEqual(status.details?.causes, [{ reason: 'ExitCode', message: '37' }]);
  });

  test('an error keeps its words and its meaning over a hop', () => {
    const first = failure(read({ status: 'Failure', message: 'exec: "x": executable file not found in $PATH' }));
    const second = failure(read(statusOfError(first)));
    assert.deepEqual([second.code, second.message], [first.code, first.message]);
  });
});
