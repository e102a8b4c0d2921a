import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { faultAnnotation, parseFaults } from '../../../src/services/sandbox/exec/faults.ts';

const parse = (words: string) => parseFaults({ [faultAnnotation]: words }, 'pod web');

suite('the fault annotation', () => {
  test('is read word by word, with units', () => {
    assert.deepEqual(parse('cut-after=4KiB no-status  late-status=500ms latency=2s'), {
      cutAfter: 4096,
      noStatus: true,
      lateStatus: 500,
      latency: 2000,
    });
    assert.deepEqual(parse('slow-read=64KiB/s no-v5 refuse-upgrade=503 freeze-after=0 cut-stdin-after=10'), {
      slowRead: 65_536,
      noV5: true,
      refuseUpgrade: 503,
      freezeAfter: 0,
      cutStdinAfter: 10,
    });
  });

  test('is not needed', () => {
    assert.deepEqual(parseFaults(undefined, 'pod web'), {});
    assert.deepEqual(parse(''), {});
  });

  for (const words of ['cut', 'cut-after', 'cut-after=4K', 'no-status=1', 'slow-read=64KiB', 'refuse-upgrade=200']) {
    test(`is refused at start when it says ${words}`, () => {
      assert.throws(() => parse(words), { code: 'KX_CONFIG', message: /pod web: .* is no fault/ });
    });
  }
});
