/** Reads a gateway's start screen to its end, and answers the screen and the `curl` line that is to be pasted. */
export async function readStartScreen({ stdout }) {
  let screen = ''
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    screen += chunk
    if (screen.includes('Ctrl-C')) break
  }
  // Whatever is logged later is read as well.
  stdout.resume()
  const curl = /^curl (?:.*\\\n)*.*$/m.exec(screen)?.[0]
  if (curl === undefined) throw new Error(`no curl line on the start screen:\n${screen}`)
  return { screen, curl }
}
