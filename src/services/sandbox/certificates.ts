import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A CA of the sandbox's own, and what it signed. */
export interface Certificates {
  readonly ca: string;
  readonly server: KeyPair;
  readonly admin: KeyPair;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const days = 24 * 3600 * 1000;

/** Makes the certificates of one sandbox. They live as long as one may be left running: a month. */
export async function makeCertificates(adminName: string, adminGroup: string): Promise<Certificates> {
  const validity = {
    notBefore: new Date(Date.now() - days),
    notAfter: new Date(Date.now() + 30 * days),
    signingAlgorithm: algorithm,
  };
  const [caKeys, serverKeys, adminKeys] = await Promise.all([generateKeys(), generateKeys(), generateKeys()]);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: '01',
    name: 'CN=kx-sandbox-ca',
    keys: caKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
    ],
  });
  const sign = async (
    keys: CryptoKeyPair,
    serialNumber: string,
    subject: string,
    extensions: x509.Extension[],
  ): Promise<KeyPair> => {
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity,
      serialNumber,
      subject,
      issuer: ca.subject,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true), ...extensions],
    });
    return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
  };
  const [server, admin] = await Promise.all([
    sign(serverKeys, '02', 'CN=kx-sandbox', [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
        { type: 'dns', value: 'kubernetes' },
      ]),
    ]),
    sign(adminKeys, '03', `CN=${adminName},O=${adminGroup}`, [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ]),
  ]);
  return { ca: ca.toString('pem'), server, admin };
}

type CryptoKeyPair = webcrypto.CryptoKeyPair;

function generateKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}
