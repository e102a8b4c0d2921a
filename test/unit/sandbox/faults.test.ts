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

  test('tells what goes wrong with logs and watches', () => {
    assert.deepEqual(parse('log-cut-after=1KiB log-rotate=1MiB refuse-log=429x3 watch-cut=1s watch-expires=50ms'), {
      logCutAfter: 1024,
      logRotate: 1 << 20,
      refuseLog: { code: 429, times: 3 },
      watchCut: 1000,
      watchExpires: 50,
    });
    assert.deepEqual(parse('refuse-log=500'), { refuseLog: { code: 500, times: Infinity } });
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
