import { X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { OptionError } from '../../contracts/index.ts'
import type { KeptCertificate } from '../../server/index.ts'

/** The certificate authority of a data folder, and what had to be done to have it. */
export interface KeptAuthority extends KeptCertificate {
  /** In a sentence, where one had been there: expired, or not readable as one. */
  readonly renewed: string | undefined
}

/** A run may take days; an authority that ends sooner than that is no good. */
const leastLeft = 30 * 86_400_000

/**
 * The authority that signs what the proxy shows to programs: made when there is none, and anew when it
 * has expired or is about to. Key and certificate are one file, so that two runs at once never mix them.
 *
 * @throws OptionError when the folder cannot be written to
 */
export async function keptAuthority(folder: string, now: Date): Promise<KeptAuthority> {
  const pair = resolve(join(folder, 'authority.pem'))
  const file = resolve(join(folder, 'authority-cert.pem'))
  try {
    const kept = await readKept(pair, now)
    if (typeof kept === 'object') {
      await chmod(pair, 0o600)
      // What programs are told to trust; somebody may have removed it.
      await writeInOneMove(file, kept.cert, 0o644)
      return { ...kept, file, renewed: undefined }
    }
    const mockttp = await import('mockttp')
    const { generateCACertificate } =
      'default' in mockttp ? (mockttp.default as typeof mockttp) : mockttp
    const { key, cert } = await generateCACertificate({
      subject: { commonName: 'LocalTOP: for tests on this machine', organizationName: 'LocalTOP' },
    })
    await mkdir(folder, { recursive: true })
    await writeInOneMove(pair, `${key}\n${cert}`, 0o600)
    await writeInOneMove(file, cert, 0o644)
    return { key, cert, file, renewed: kept }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error
    throw new OptionError(
      `the data folder ${folder} cannot keep the proxy's certificate (${message}); choose another with --data`,
    )
  }
}

/** @returns the pair; or, in a sentence, why another is needed, where there is one */
async function readKept(
  file: string,
  now: Date,
): Promise<{ readonly key: string; readonly cert: string } | string | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const [key] = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----/.exec(text) ?? []
  const [cert] = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(text) ?? []
  try {
    const { validTo } = new X509Certificate(cert ?? '')
    const left = Date.parse(validTo) - now.getTime()
    if (key !== undefined && cert !== undefined && left > leastLeft) return { key, cert }
    if (key !== undefined)
      return `the proxy's certificate ${left > 0 ? 'was about to expire' : 'had expired'} (${validTo}) and was made anew`
  } catch {
    // Not a certificate.
  }
  return `${file} held no certificate with its key; it was made anew`
}

/** A file with its mode from its first moment. */
export async function writeInOneMove(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`
  await writeFile(temporary, text, { mode })
  await chmod(temporary, mode)
  await rename(temporary, file)
}
