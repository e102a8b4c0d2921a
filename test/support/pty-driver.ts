/**
 * Runs under bun, the one way to a pseudo terminal without native modules. Reads one JSON order per line, writes one JSON
 * event per line; bytes are base64. Ends when the command has ended and its output is out, or when stdin ends.
 */
import { createInterface } from 'node:readline';

interface Terminal {
  write(bytes: Uint8Array): void;
  resize(columns: number, rows: number): void;
}
interface BunProcess {
  readonly pid: number;
  readonly exited: Promise<number>;
  readonly signalCode: string | null;
  readonly terminal: Terminal;
}
declare const Bun: { spawn(command: string[], options: object): BunProcess };

type Order =
  | { spawn: string[]; columns: number; rows: number; env: Record<string, string> }
  | { write: string }
  | { resize: [number, number] };

let terminal: Terminal | undefined;
const tell = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`);

createInterface({ input: process.stdin })
  .on('line', (line) => obey(JSON.parse(line) as Order))
  .on('close', () => process.exit(0));

function obey(order: Order): void {
  if ('spawn' in order) void spawnInTerminal(order);
  else if ('write' in order) terminal?.write(Buffer.from(order.write, 'base64'));
  else terminal?.resize(...order.resize);
}

async function spawnInTerminal(order: Extract<Order, { spawn: string[] }>): Promise<void> {
  let markDone: () => void = () => {};
  const outputDone = new Promise<void>((done) => (markDone = done));
  const child = Bun.spawn(order.spawn, {
    env: order.env,
    terminal: {
      cols: order.columns,
      rows: order.rows,
      data: (_: Terminal, bytes: Uint8Array) => tell({ data: Buffer.from(bytes).toString('base64') }),
      exit: () => markDone(),
    },
  });
  terminal = child.terminal;
  tell({ pid: child.pid });
  const code = await child.exited;
  // The last output may come after the exit; a background child may hold the terminal open for longer.
  await Promise.race([outputDone, new Promise((late) => setTimeout(late, 2000))]);
  tell({ code, signal: child.signalCode });
}
