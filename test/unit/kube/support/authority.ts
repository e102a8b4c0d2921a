import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';

import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509';

/** PEM of a certificate and its key. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

interface Subject {
  readonly name: string;
  readonly organization?: string;
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  readonly expired?: boolean;
}

/** A certificate authority made for one test. */
export interface Authority extends Pair {
  issue(subject: Subject): Promise<Pair>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 86_400_000;

export async function makeAuthority(name = 'kx test authority'): Promise<Authority> {
  const keys = await makeKeys();
  const own = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 30 * day),
    notAfter: new Date(Date.now() + 30 * day),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    ...(await toPair(own, keys.privateKey)),
    async issue({ name: subject, organization, dns = [], ips = [], expired = false }) {
      const leaf = await makeKeys();
      const names = [
        ...dns.map((value) => ({ type: 'dns' as const, value })),
        ...ips.map((value) => ({ type: 'ip' as const, value })),
      ];
      const certificate = await X509CertificateGenerator.create({
        subject: organization === undefined ? `CN=${subject}` : `O=${organization}, CN=${subject}`,
        issuer: own.subject,
        publicKey: leaf.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        notBefore: new Date(Date.now() - 2 * day),
        notAfter: new Date(Date.now() + (expired ? -day : day)),
        extensions: names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)],
      });
      return toPair(certificate, leaf.privateKey);
    },
  };
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function toPair(certificate: X509Certificate, key: webcrypto.CryptoKey): Promise<Pair> {
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', key);
  return { cert: certificate.toString('pem'), key: PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}
