/** What proves to the server who is asking. Never logged. */
export interface Identity {
  /** The Authorization header. */
  readonly authorization?: string | undefined;
  /** PEM of the client certificate and its key. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** One user's identity over time: tokens and certificates expire. */
export interface IdentitySource {
  current(signal?: AbortSignal): Promise<Identity>;
  /** Called when the server answered 401 to `refused`; true when `current` has another one now. */
  renew(refused: Identity, signal?: AbortSignal): Promise<boolean>;
}

/** What a source needs of its surroundings. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly log: (level: number, line: string) => void;
  /** Nobody is to be asked or told anything: a credential plugin gets no terminal. */
  readonly unattended?: boolean;
}
