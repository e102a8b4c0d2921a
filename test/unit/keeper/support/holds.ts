/** A test file that passes, and leaves a server behind. */
import { createServer } from 'node:net';
import { test } from 'node:test';

test('passes', () => void createServer().listen(0, '127.0.0.1'));
