import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, statusBody } from './status.ts';

/** Answers with one JSON document. */
export function sendJson(response: ServerResponse, code: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(code, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** Answers with the Status of an error; anything that is no ApiError is a fault of the sandbox. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = toApiError(error);
  // As an apiserver says it.
  if (status.code === 429) response.setHeader('Retry-After', '1');
  sendJson(response, status.code, statusBody(status));
}

/** The same for a request that asked for an upgrade: there is no response object, only the socket. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status = toApiError(error);
  const text = JSON.stringify(statusBody(status));
  socket.end(
    `HTTP/1.1 ${status.code} ${status.reason}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`);
}
