import { timingSafeEqual } from 'node:crypto';

/** What may be done: a rule of a Role, with the namespaces it holds in. An absent list of names or namespaces means all. */
export interface Rule {
  readonly verbs: readonly string[];
  /** Absent: the core group. */
  readonly apiGroups?: readonly string[];
  /** `pods`, `pods/exec`, `*`. */
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** Somebody with a token and rights, from a cluster file. */
export interface SandboxUser {
  readonly name: string;
  readonly token: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly rules: readonly Rule[];
}

/** Who is asking, as authentication or impersonation found. */
export interface Identity {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

export const masters = 'system:masters';
export const anonymous: Identity = { name: 'system:anonymous', uid: '', groups: ['system:unauthenticated'] };

/** The user with this token. */
export function findByToken(users: readonly SandboxUser[], token: string): SandboxUser | undefined {
  const given = Buffer.from(token);
  return users.find((user) => {
    const known = Buffer.from(user.token);
    return known.length === given.length && timingSafeEqual(known, given);
  });
}

/** A user as an identity. */
export function identityOf(user: SandboxUser): Identity {
  return { name: user.name, uid: user.uid, groups: [...user.groups, 'system:authenticated'] };
}
