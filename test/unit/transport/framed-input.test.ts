import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { frameInput } from '../../../src/lib/transport/framed-input.ts';

function start() {
  const inner = new PassThrough();
  const sent: Buffer[] = [];
  inner.on('data', (chunk: Buffer) => sent.push(chunk));
  return { inner, input: frameInput(inner, 'nonce'), text: () => Buffer.concat(sent).toString('latin1') };
}

suite('the framed stdin of a wrapped command', () => {
  test('each piece has its length in blocks and bytes in front of it', async () => {
    const { input, text } = start();
    const large = Buffer.alloc(65_536 + 3, 'x');
    await new Promise((resolve) => input.stdin.write('some', resolve));
    await new Promise((resolve) => input.stdin.write(large, resolve));
    assert.equal(text(), `0 4\nsome1 3\n${large.toString()}`);
    assert.deepEqual([input.sent, input.dropped], [4 + large.length, false]);
  });

  test('its end is told once, and nothing was dropped', async () => {
    const { input, text } = start();
    input.stdin.end('all');
    await once(input.stdin, 'finish');
    input.close();
    assert.equal(text(), '0 3\nall\nnonce over\n\n');
    assert.deepEqual([input.sent, input.dropped], [3, false]);
  });

  test('what is written when nobody takes it any more is dropped, and known to be', async () => {
    const { input, text } = start();
    input.close();
    const end = text();
    input.stdin.end('late');
    await once(input.stdin, 'finish');
    assert.equal(text(), end);
    assert.deepEqual([input.sent, input.dropped], [0, true]);
  });
});
