import { delimiter } from 'node:path'
import { javaStorePassword } from './trust.ts'

/** What a program finds that is to be led to the gateway without a word of its own. */
export interface Redirection {
  /** `http://127.0.0.1:40123` */
  readonly proxyUrl: string
  /** A file of all certificates to trust. */
  readonly bundle: string
  /** Java's trust store; absent where there is no Java. */
  readonly javaStore: string | undefined
  /** A folder with a file of PHP settings. */
  readonly phpSettings: string
  /** A file that Node loads first. */
  readonly preload: string
}

/** The variables of a program's environment that lead it to the gateway, beside what it has anyhow. */
export function redirectedEnvironment(
  env: NodeJS.ProcessEnv,
  { proxyUrl, bundle, javaStore, phpSettings, preload }: Redirection,
): NodeJS.ProcessEnv {
  const { hostname, port } = new URL(proxyUrl)
  const javaOptions = [
    env.JAVA_TOOL_OPTIONS,
    `-Dhttp.proxyHost=${hostname} -Dhttp.proxyPort=${port}`,
    `-Dhttps.proxyHost=${hostname} -Dhttps.proxyPort=${port}`,
    '-Dhttp.nonProxyHosts=',
    javaStore !== undefined &&
      `"-Djavax.net.ssl.trustStore=${javaStore}" -Djavax.net.ssl.trustStorePassword=${javaStorePassword}`,
  ]
  return {
    ...env,
    // curl reads the small letters only, others the capitals only.
    http_proxy: proxyUrl,
    HTTP_PROXY: proxyUrl,
    https_proxy: proxyUrl,
    HTTPS_PROXY: proxyUrl,
    no_proxy: '',
    NO_PROXY: '',
    SSL_CERT_FILE: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    CURL_CA_BUNDLE: bundle,
    NODE_EXTRA_CA_CERTS: bundle,
    NODE_USE_ENV_PROXY: '1',
    NODE_OPTIONS: [`--require ${quoted(preload)}`, env.NODE_OPTIONS].filter(Boolean).join(' '),
    JAVA_TOOL_OPTIONS: javaOptions.filter(Boolean).join(' '),
    // An empty entry is the folder that PHP would read otherwise.
    PHP_INI_SCAN_DIR: `${env.PHP_INI_SCAN_DIR ?? ''}${delimiter}${phpSettings}`,
  }
}

/** The settings that PHP reads. */
export const phpSettingsText = (bundle: string) =>
  `curl.cainfo = ${quoted(bundle)}\nopenssl.cafile = ${quoted(bundle)}\n`

const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
