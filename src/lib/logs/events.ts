import type { LogSource } from './line.ts';

/** What happens to a followed log besides its lines. */
export type LogEvent =
  /** The container has not started; told at every try. */
  | { readonly type: 'waiting'; readonly source: LogSource; readonly why: string }
  /** The connection is gone, and was not made again at once. */
  | { readonly type: 'lost'; readonly source: LogSource; readonly why: string }
  /** The log goes on behind the line of this time. `why`: it was interrupted, where that was not told. */
  | {
      readonly type: 'resumed';
      readonly source: LogSource;
      readonly from: string | undefined;
      readonly why: string | undefined;
    }
  /** The log was rotated while nobody read it: lines between these times may be missing. */
  | { readonly type: 'rotated'; readonly source: LogSource; readonly from: string; readonly to: string }
  /** The clock of the node was set back to `from`: lines that are earlier than `to` may be missing, for the log was opened again. */
  | { readonly type: 'set-back'; readonly source: LogSource; readonly from: string; readonly to: string }
  /** Lines of a run after this time may be missing: its log is not kept any more. */
  | { readonly type: 'missed'; readonly source: LogSource; readonly from: string | undefined }
  | { readonly type: 'restarted'; readonly source: LogSource; readonly restarts: number }
  /** A run has ended. `final`: there will be no other. */
  | { readonly type: 'ended'; readonly source: LogSource; readonly why: string; readonly final: boolean }
  | { readonly type: 'gone'; readonly source: LogSource };
