import { type CertificateExtension, generate } from 'selfsigned'

/** A certificate and its private key, PEM both. */
export interface KeyedCertificate {
  certificate: string
  key: string
}

const EC = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const

const AUTHORITY: CertificateExtension[] = [
  { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
  { name: 'keyUsage', keyCertSign: true, critical: true },
]

const DNS = 2
const IP = 7

/** Good for this machine alone, whichever way its loopback is written. */
const LOOPBACK_SERVER: CertificateExtension[] = [
  { name: 'basicConstraints', cA: false, critical: true },
  { name: 'keyUsage', digitalSignature: true, critical: true },
  { name: 'extKeyUsage', serverAuth: true },
  {
    name: 'subjectAltName',
    altNames: [
      { type: IP, ip: '127.0.0.1' },
      { type: IP, ip: '::1' },
      { type: DNS, value: 'localhost' },
    ],
  },
]

/** Makes a certificate authority of its own, good for a year. Whoever trusts it trusts what its key signs. */
export async function makeAuthority(): Promise<KeyedCertificate> {
  const made = await generate(named('Carteiro simulator media authority'), { ...EC, extensions: AUTHORITY })
  return { certificate: made.cert, key: made.private }
}

/** A certificate for a server on a loopback address, signed by the authority, good for a year. */
export async function issueLoopbackCertificate(authority: KeyedCertificate): Promise<KeyedCertificate> {
  const made = await generate(named('Carteiro simulator media host'), {
    ...EC,
    extensions: LOOPBACK_SERVER,
    ca: { cert: authority.certificate, key: authority.key },
  })
  return { certificate: made.cert, key: made.private }
}

const named = (value: string) => [{ name: 'commonName', value }]
