import type { Attributes } from '../auth/authorize.ts';
import { forbiddenMessage } from '../auth/authorize.ts';
import type { Identity } from '../auth/users.ts';

/** A refusal, as the API puts it: thrown by handlers, sent as metav1.Status. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: number, reason: string, message: string, details?: Readonly<Record<string, unknown>>) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

/** The body of the answer. */
export function statusBody(error: ApiError): object {
  const { message, reason, details, code } = error;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

/** `pods "x" not found`. */
export function notFound(plural: string, group: string, name: string): ApiError {
  const resource = group === '' ? plural : `${plural}.${group}`;
  const details = { name, ...(group === '' ? {} : { group }), kind: plural };
  return new ApiError(404, 'NotFound', `${resource} ${JSON.stringify(name)} not found`, details);
}

/** The path does not exist at all. */
export function noSuchPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(identity: Identity, wanted: Attributes): ApiError {
  const message = forbiddenMessage(identity, wanted);
  if ('path' in wanted) return new ApiError(403, 'Forbidden', message, {});
  const group = wanted.group === '' ? {} : { group: wanted.group };
  const name = wanted.name === undefined ? {} : { name: wanted.name };
  return new ApiError(403, 'Forbidden', message, { ...name, ...group, kind: wanted.resource.split('/')[0] });
}

export function methodNotAllowed(): ApiError {
  return new ApiError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource: the objects of a sandbox come from its YAML file',
  );
}
