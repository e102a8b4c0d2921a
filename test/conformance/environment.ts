import type { Capability } from '../../src/lib/process/index.ts';
import type { Target } from '../../src/lib/target/index.ts';
import type { Transport } from '../../src/lib/transport/index.ts';

/** A container that a transport reaches. */
export interface Place {
  readonly transport: Transport;
  readonly target: Target;
}

/** What a server can be told to do wrong, once per place. */
export interface Faults {
  /** Says "hello" on stdout and closes politely without a Status. */
  readonly noStatus: Place;
  /** Runs the command; the Status comes at least 300 ms after the last output. */
  readonly lateStatus: Place;
}

/** A place whose connections the test can break. */
export interface Breakable extends Place {
  /** Ends every connection without a word. */
  cut(): void;
}

/** What the suite runs against. Everything optional is a need that some cases have; they are skipped where it is absent. */
export interface Environment {
  /** A container with sh, cat, head, sha256sum, sleep, env, and stty where terminals are to be had. */
  readonly shell: Place;
  /** What the transport can do beyond carrying bytes. */
  readonly can: ReadonlySet<Capability>;
  readonly terminals: boolean;
  /** A container without a shell or any other common program. */
  readonly noShell?: Place;
  readonly missingPod?: Place;
  readonly missingContainer?: Place;
  /** A pod of more than one container, none of them named. */
  readonly unnamedContainer?: Place;
  /** As somebody who may not exec there. */
  readonly forbidden?: Place;
  /** With credentials that nobody knows. */
  readonly unauthenticated?: Place;
  /** A server that offers no v5.channel.k8s.io, asked without a wrapper around the command. */
  readonly v4?: Place;
  readonly breakable?: Breakable;
  readonly faults?: Faults;
}

const provided = {
  terminals: (env: Environment) => env.terminals,
  'no-shell': (env: Environment) => env.noShell !== undefined,
  pods: (env: Environment) => env.missingPod !== undefined,
  containers: (env: Environment) => env.missingContainer !== undefined,
  'several-containers': (env: Environment) => env.unnamedContainer !== undefined,
  users: (env: Environment) => env.forbidden !== undefined,
  authentication: (env: Environment) => env.unauthenticated !== undefined,
  v4: (env: Environment) => env.v4 !== undefined,
  cuts: (env: Environment) => env.breakable !== undefined,
  faults: (env: Environment) => env.faults !== undefined,
};

/** What a case may need beyond a container with a shell. */
export type Need = Capability | keyof typeof provided;

/** The needs that an environment does not meet. */
export function lackedBy(env: Environment, needs: readonly Need[]): Need[] {
  return needs.filter(
    (need) => !(need in provided ? provided[need as keyof typeof provided](env) : env.can.has(need as Capability)),
  );
}
