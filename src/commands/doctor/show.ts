import type { Paint } from '../../lib/render/index.ts';
import type { Check, Status } from './check.ts';
import type { Report } from './run.ts';

const words: Readonly<Record<Status, readonly [word: string, style: Parameters<Paint['style']>[0]]>> = {
  ok: ['ok', 'green'],
  warning: ['warning', 'yellow'],
  failed: ['FAILED', 'red'],
  skipped: ['skipped', 'dim'],
};

/** A check as lines for a person. */
export function showCheck({ id, status, message, hint }: Check, paint: Paint): string {
  const [word, style] = words[status];
  const line = `${paint.style(style, word.padEnd(8))} ${id.padEnd(22)} ${oneLine(message)}\n`;
  return hint === undefined ? line : `${line}${' '.repeat(32)}hint: ${oneLine(hint)}\n`;
}

/** What stands under the checks: the rules that are missing, and the verdict. */
export function showEnd({ ok, rules, checks }: Report): string {
  const count = (status: Status) => checks.filter((check) => check.status === status).length;
  const granting = rules === '' ? '' : `\nTo be applied by somebody who may grant rights:\n\n${rules}`;
  const verdict = ok
    ? 'What was asked for works'
    : `Not everything that was asked for works: ${count('failed')} failed`;
  const warnings = count('warning');
  return `${granting}\n${verdict}${warnings === 0 ? '' : `, ${warnings} with a warning`}.\n`;
}

/** The report for a program; docs/doctor.md has its schema. */
export function reportJson({ ok, checks, rules }: Report): string {
  const document = {
    apiVersion: 'kx.dev/v1',
    kind: 'DoctorReport',
    ok,
    checks: checks.map(({ id, status, message, hint, details }) => ({
      id,
      status,
      message,
      hint: hint ?? null,
      details: details ?? {},
    })),
    rules: rules === '' ? null : rules,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Messages come from servers too: a line stays a line, and a terminal gets no control characters. */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, '; ')
    .replace(/[\x00-\x1f\x7f-\x9f]/g, '?');
}
