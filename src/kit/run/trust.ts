import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, copyFile, mkdir, readFile, realpath, rename, stat } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import { rootCertificates } from 'node:tls'
import { promisify } from 'node:util'
import { writeInOneMove } from './authority.ts'

/** Where systems keep their roots as one PEM file. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** Variables that name a file of further roots: those of a company, usually. */
const bundleVariables = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
]

/**
 * Writes one file of all certificates to trust: the system's (or Node's, where the system has none as a
 * file), those that the environment names already, and ours.
 */
export async function writeBundle(
  file: string,
  ours: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const named = bundleVariables.flatMap((name) => env[name] ?? [])
  const system = (await Promise.all(systemBundles.map(readOrNothing))).find((text) => text !== '')
  const further = await Promise.all([...new Set(named)].map(readOrNothing))
  const parts = [system ?? rootCertificates.join('\n'), ...further, ours]
  const certificates = parts.flatMap(
    (part) => part.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [],
  )
  await writeInOneMove(file, `${[...new Set(certificates)].join('\n')}\n`, 0o644)
}

const readOrNothing = (file: string) => readFile(file, 'utf8').catch(() => '')

/** The password that Java's own trust stores have; it protects nothing. */
export const javaStorePassword = 'changeit'

/**
 * A copy of Java's trust store with our certificate in it, made by the `keytool` beside the `java` that
 * would run, and kept for later runs.
 *
 * @returns the file; `undefined` where there is no Java
 * @throws Error when there is a Java whose trust store cannot be copied
 */
export async function javaTrustStore(
  folder: string,
  certificate: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const home = await javaHome(env)
  if (home === undefined) return undefined
  const original = await realpath(join(home, 'lib', 'security', 'cacerts'))
  const { size, mtimeMs } = await stat(original)
  const mark = createHash('sha256')
    .update([original, size, mtimeMs, await readFile(certificate, 'utf8')].join('\n'))
    .digest('hex')
    .slice(0, 16)
  const file = resolve(join(folder, `java-trust-${mark}`))
  if (await isThere(file)) return file
  await mkdir(folder, { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  await copyFile(original, temporary)
  await promisify(execFile)(join(home, 'bin', 'keytool'), [
    ...['-importcert', '-noprompt', '-alias', 'localtop', '-file', certificate],
    ...['-keystore', temporary, '-storepass', javaStorePassword],
  ])
  await rename(temporary, file)
  return file
}

/** The folder of the Java that would run: `JAVA_HOME`, else that of the `java` on the path. */
async function javaHome(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const program = process.platform === 'win32' ? 'java.exe' : 'java'
  const folders = [
    ...(env.JAVA_HOME ? [join(env.JAVA_HOME, 'bin')] : []),
    ...(env.PATH ?? '').split(delimiter),
  ]
  for (const folder of folders) {
    const java = join(folder, program)
    if (folder === '' || !(await isThere(java))) continue
    const home = dirname(dirname(await realpath(java)))
    if (await isThere(join(home, 'lib', 'security', 'cacerts'))) return home
    // A launcher that stands before the real one knows where that is.
    const { stderr } = await promisify(execFile)(java, ['-XshowSettings:properties', '-version'], {
      env,
    }).catch(() => ({ stderr: '' }))
    const told = /^\s*java\.home = (.+?)\s*$/m.exec(stderr)?.[1]
    if (told !== undefined && (await isThere(join(told, 'lib', 'security', 'cacerts')))) return told
  }
  return undefined
}

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  )
