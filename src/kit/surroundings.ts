import type { ParsedWorld, ProfileName, WorldSeed } from '../contracts/index.ts'

/** Where the gateway is and who may call it. */
export interface Surroundings {
  /** `http://127.0.0.1:40123` */
  readonly url: string
  /** The same over HTTPS, where it is asked for, and the file of the certificate to trust. */
  readonly tls?: { readonly url: string; readonly certificate: string } | undefined
  readonly appKey: string
  readonly appSecret: string
  readonly session: string
  /** How many seconds of the gateway pass in a real one. */
  readonly scale: number
  /** The scenario that is played. */
  readonly scenario: string
}

/**
 * What a program under test finds in its environment, beside what it would find anyhow. Programs with
 * hard-coded hosts need more than that; whoever redirects them adds it here.
 */
export function childEnvironment(
  env: NodeJS.ProcessEnv,
  { url, tls, appKey, appSecret, session, scale, scenario }: Surroundings,
): NodeJS.ProcessEnv {
  const noProxy = [env.NO_PROXY ?? env.no_proxy, '127.0.0.1,localhost,::1']
    .filter(Boolean)
    .join(',')
  return {
    ...env,
    LOCALTOP_URL: url,
    ...(tls && { LOCALTOP_TLS_URL: tls.url, LOCALTOP_TLS_CERTIFICATE: tls.certificate }),
    LOCALTOP_SCENARIO: scenario,
    LOCALTOP_SCALE: String(scale),
    TOP_URL: `${url}/router/rest`,
    TOP_AUTH_URL: url,
    TOP_APP_KEY: appKey,
    TOP_APP_SECRET: appSecret,
    TOP_SESSION: session,
    // Many HTTP libraries would send calls to this machine through the company's proxy.
    NO_PROXY: noProxy,
    no_proxy: noProxy,
  }
}

/** Fills `{url}`, `{tlsUrl}`, `{appKey}`, `{appSecret}` and `{session}` into a command's arguments. */
export function fillIn(command: readonly string[], values: Surroundings): string[] {
  const known: Readonly<Record<string, string>> = {
    url: values.url,
    appKey: values.appKey,
    appSecret: values.appSecret,
    session: values.session,
    ...(values.tls && { tlsUrl: values.tls.url }),
  }
  return command.map((argument) =>
    argument.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(known, name) ? (known[name] as string) : whole,
    ),
  )
}

function secretsOf(world: ParsedWorld): Set<string> {
  const secrets = new Set([
    ...world.apps.map(({ app_secret }) => app_secret),
    ...world.sessions.flatMap(({ session, refresh_token }) => [session, refresh_token ?? '']),
  ])
  secrets.delete('')
  return secrets
}

/** The last line that a program has printed, its world's secrets hidden, as far as a sentence can hold it. */
export function lastLine(output: string, world: ParsedWorld): string {
  let line = output.trimEnd().split('\n').at(-1)?.trim() ?? ''
  for (const secret of secretsOf(world)) line = line.replaceAll(secret, '***')
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

/** Secrets that somebody has written into a command line, hidden. */
export function withoutSecrets(command: readonly string[], world: ParsedWorld): string[] {
  const secrets = secretsOf(world)
  return command.map((argument) => {
    const [, before = '', value = ''] = /^(.*?=)?(.*)$/s.exec(argument) ?? []
    return secrets.has(value) ? `${before}***` : argument
  })
}

/**
 * The app that a program calls as: the first with a session that sees this profile, else the first
 * with one. An app of the caller's own world comes before those of the scenario.
 */
export function credentialsIn(
  world: ParsedWorld,
  profile: ProfileName,
  own?: WorldSeed,
): Pick<Surroundings, 'appKey' | 'appSecret' | 'session'> {
  const ownKeys = new Set(own?.apps?.map(({ app_key }) => String(app_key)))
  const pairs = world.apps.flatMap((app) => {
    const session = world.sessions.find(({ app_key }) => app_key === app.app_key)
    return session ? [{ app, session }] : []
  })
  const owned = pairs.filter(({ app }) => ownKeys.has(app.app_key))
  const candidates = owned.length > 0 ? owned : pairs
  const chosen = candidates.find(({ app }) => app.profile === profile) ?? candidates[0]
  const app = chosen?.app ?? world.apps[0]
  return {
    appKey: app?.app_key ?? '',
    appSecret: app?.app_secret ?? '',
    session: chosen?.session.session ?? '',
  }
}
