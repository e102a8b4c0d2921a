import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { generateLines, parseGenerator } from '../../../src/services/sandbox/exec/log-generator.ts';

const parse = (words: string) => parseGenerator({ 'sandbox.kx.dev/log': words }, 'pod web');

suite('a container that makes log lines', () => {
  test('is described by words', () => {
    assert.deepEqual(parse('rate=100 length=1KiB lines=5'), { rate: 100, length: 1024, lines: 5 });
    assert.deepEqual(parse(''), { rate: 1, length: 0, lines: Infinity });
    assert.equal(parseGenerator(undefined, 'pod web'), undefined);
    for (const words of ['rate=0', 'rate', 'length=x', 'speed=1']) {
      assert.throws(() => parse(words), { code: 'KX_CONFIG', message: /pod web: .* is no word about logs/ });
    }
  });

  test('numbers them, makes them as long as was asked, and ends after the last', async () => {
    const { stdout, exit } = generateLines({ rate: 1000, length: 6, lines: 120 });
    const lines = (await text(stdout)).split('\n');
    assert.deepEqual(lines.slice(0, 2), ['1 xxxx', '2 xxxx']);
    assert.deepEqual(lines.slice(-2), ['120 xx', '']);
    assert.equal(lines.length, 121);
    assert.equal((await exit).code, 0);
  });

  test('ends when it is told to', async () => {
    const generator = generateLines({ rate: 1, length: 0, lines: Infinity });
    generator.disconnect();
    assert.equal(await text(generator.stdout), '');
  });
});
