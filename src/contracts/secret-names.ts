/** Parameters of the platform whose values nobody may keep, and what methods call such things. */
const secretWords =
  /^sign$|(^|_)(session|secret|token|utoken|password|passwd|pwd|access_?key|private_?key|session_?(key|id))$|access_?token$/i

/** Whether a parameter holds a secret, by its name: no log, journal or report shows it. */
export const isSecretName = (name: string): boolean => secretWords.test(name)

const jsonMember = /"((?:[^"\\]|\\.)*)"\s*:\s*(?:"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)/g

/** A parameter that holds a structure, with the secrets in it masked by their names. */
export const maskedStructure = (text: string): string =>
  /^\s*[[{]/.test(text)
    ? text.replaceAll(jsonMember, (member, name: string) =>
        isSecretName(name) ? `"${name}":"***"` : member,
      )
    : text
