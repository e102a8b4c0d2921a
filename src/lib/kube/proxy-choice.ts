import { isIP, BlockList } from 'node:net';

import { KxError } from '../errors/index.ts';

/**
 * The proxy that the environment asks for, by the rules of Go's httpproxy: HTTPS_PROXY for https servers, HTTP_PROXY
 * for http ones (or their lower-case names), NO_PROXY against both, and never for this machine.
 * https://github.com/golang/net/blob/v0.44.0/http/httpproxy/proxy.go
 */
export function proxyFromEnv(server: URL, env: NodeJS.ProcessEnv): URL | undefined {
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = env[name] || env[name.toLowerCase()];
  if (!value) return undefined;
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = Number(server.port) || (server.protocol === 'https:' ? 443 : 80);
  if (isThisMachine(host) || isExcluded(host, port, env['NO_PROXY'] || env['no_proxy'] || '')) return undefined;
  return parseProxy(value, name);
}

/** A proxy URL; `origin` says in messages where it stands. The URL itself is not shown: it may hold a password. */
export function parseProxy(text: string, origin: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url !== null && /^(https?|socks5h?):$/.test(url.protocol) && url.hostname !== '') return url;
  throw new KxError('KX_CONFIG', `the ${origin} is not an http, https or socks5 URL`);
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.')) || host === '::1';
}

function isExcluded(host: string, port: number, list: string): boolean {
  return list
    .split(',')
    .map((rule) => rule.trim().toLowerCase())
    .some((rule) => rule !== '' && matches(rule, host, port));
}

function matches(rule: string, host: string, port: number): boolean {
  if (rule === '*') return true;
  if (rule.includes('/')) return isInNetwork(host, rule);
  const [name, rulePort] = splitPort(rule);
  if (rulePort !== undefined && rulePort !== port) return false;
  if (isIP(name) !== 0) return name === host;
  // "example.org" is the name and all below it, ".example.org" and "*.example.org" only what is below.
  const suffix = name.replace(/^\*(?=\.)/, '');
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function splitPort(rule: string): [string, number | undefined] {
  if (isIP(rule) === 6) return [rule, undefined];
  const found = /^\[?(.*?)\]?:(\d+)$/.exec(rule);
  return found === null ? [rule.replace(/^\[|\]$/g, ''), undefined] : [found[1] ?? '', Number(found[2])];
}

function isInNetwork(host: string, rule: string): boolean {
  const [network = '', bits = ''] = rule.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  const networks = new BlockList();
  networks.addSubnet(network, Number(bits), kind);
  return networks.check(host, kind);
}
