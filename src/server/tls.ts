import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { platformHosts } from '../contracts/platform-hosts.ts'

/** A key and a certificate for an HTTPS port, as PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** A certificate that is kept in a folder, so that a client has to be told to trust it only once. */
export interface KeptCertificate extends Certificate {
  /** What a client is told to trust. */
  readonly file: string
}

const year = 365 * 86_400_000
/** The names a client may call us by: this machine, and the platform's hosts for clients that override them. */
const names = ['localhost', ...platformHosts]
const addresses = ['127.0.0.1', '::1']

/** The certificate of a data folder: made when there is none, and anew a month before it ends. */
export async function keptCertificate(folder: string, now: Date): Promise<KeptCertificate> {
  const file = resolve(join(folder, 'tls-cert.pem'))
  const keyFile = join(folder, 'tls-key.pem')
  try {
    const [key, cert] = await Promise.all([readFile(keyFile, 'utf8'), readFile(file, 'utf8')])
    const ends = Date.parse(new X509Certificate(cert).validTo)
    if (ends - now.getTime() > year / 12) return { key, cert, file }
  } catch {
    // Missing, or not a certificate: a new one takes its place.
  }
  const made = await makeCertificate(now)
  await mkdir(folder, { recursive: true })
  await writeFile(keyFile, made.key, { mode: 0o600 })
  await writeFile(file, made.cert)
  return { ...made, file }
}

async function makeCertificate(now: Date): Promise<Certificate> {
  // Loaded only by those who want HTTPS: it costs a start more than everything else.
  // A CommonJS module: Node finds its names, a bundle has them under `default` only.
  const selfsigned = await import('selfsigned')
  const { generate } =
    'default' in selfsigned ? (selfsigned.default as typeof selfsigned) : selfsigned
  const altNames = [
    ...names.map((value) => ({ type: 2 as const, value })),
    ...addresses.map((ip) => ({ type: 7 as const, ip })),
  ]
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'LocalTOP' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now.getTime() - 86_400_000),
    notAfterDate: new Date(now.getTime() + 2 * year),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames },
    ],
  })
  return { key, cert }
}
