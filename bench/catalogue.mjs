// npm run bench:catalogue: what the catalogue of all methods costs. Start-up whose first call is one of a
// catalogue method, beside one whose first call is not; the first call to each of a thousand methods; memory
// after them.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { findMethod, findRow, methodNames, sampleRequest, sign } from '../dist/contracts.js'
import { createGateway } from '../dist/server.js'

const count = 1000
const warmUp = 20
const rounds = 9

const parts = { start, manyCalls }
const [part, ...args] = process.argv.slice(2)
if (part === undefined) report()
else console.log(JSON.stringify(await parts[part](...args)))

function report() {
  const starts = { stateful: [], catalogue: [] }
  // In turn, so that what else the machine does hits both alike.
  for (let round = 0; round < rounds; round++) {
    starts.stateful.push(child(['start', 'taobao.time.get']))
    starts.catalogue.push(child(['start', 'taobao.logistics.companies.get']))
  }
  const without = median(starts.stateful)
  const withIt = median(starts.catalogue)
  console.log(
    `start to first answer   ${ms(without)} stateful, ${ms(withIt)} catalogue: ${ms(withIt - without)} more`,
  )
  const { first, again, idle, after } = child(['manyCalls'], JSON.stringify(callsOfMany()))
  console.log(`first call of a method  ${spread(first)}`)
  console.log(`the same calls again    ${spread(again)}`)
  const [i, a] = [idle, after].map((bytes) => Math.round(bytes / 2 ** 20))
  console.log(
    `memory                  ${i} MB idle, ${a} MB after ${first.length} different methods: ${a - i} MB more`,
  )
}

/** Names and parameters of methods from all over the catalogue, those that want files left out. */
function callsOfMany() {
  const names = methodNames().filter((name) => findMethod(name).tier === 'stub')
  const step = Math.floor(names.length / (count + 2 * warmUp))
  return names
    .filter((_, at) => at % step === 0)
    .map((name) => [name, sampleRequest(findRow(name))])
    .filter(([, sent]) => Object.values(sent).every((value) => typeof value === 'string'))
    .slice(0, count + warmUp)
}

function child(given, input = '') {
  const command = ['--expose-gc', import.meta.filename, ...given]
  const { stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', input })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

/** Milliseconds from the start of the process to the answer of a first call. */
async function start(method) {
  await answered(newGateway(), method, { fields: 'id,code' })
  return performance.now()
}

async function manyCalls() {
  const calls = JSON.parse(readFileSync(0, 'utf8'))
  const gateway = newGateway()
  // What is measured is the first call of a method, not that of the process.
  for (let at = 0; at < 300; at++) await answered(gateway, 'taobao.time.get')
  for (const [name, params] of calls.splice(0, warmUp)) await answered(gateway, name, params)
  global.gc()
  const idle = process.memoryUsage().rss
  const first = await timesOf(gateway, calls)
  const after = process.memoryUsage().rss
  // What these take beyond the median is the machine's and the garbage collector's.
  return { first, again: await timesOf(gateway, calls), idle, after }
}

/** Milliseconds of each call. */
async function timesOf(gateway, calls) {
  const times = []
  for (const [name, params] of calls) {
    const request = requestOf(name, params)
    const began = performance.now()
    await gateway.fetch(request)
    times.push(performance.now() - began)
  }
  return times
}

function newGateway() {
  return createGateway({ profile: 'production', rateLimit: 'off' })
}

async function answered(gateway, name, params) {
  const answer = await (await gateway.fetch(requestOf(name, params))).text()
  if (answer.includes('error_response')) throw new Error(`${name}: ${answer}`)
}

function requestOf(method, business = {}) {
  const params = {
    ...business,
    method,
    app_key: '12345678',
    session: 'test',
    timestamp: String(Date.now()),
    v: '2.0',
    format: 'json',
    sign_method: 'md5',
  }
  const body = new URLSearchParams({ ...params, sign: sign(params, 'helloworld', 'md5') })
  return new Request('http://localhost/router/rest', { method: 'POST', body })
}

function spread(times) {
  times.sort((a, b) => a - b)
  const at = (share) => ms(times[Math.floor((times.length - 1) * share)])
  return `${at(0.5)} median, ${at(0.95)} at 95 %, ${at(0.99)} at 99 %, ${at(1)} at most`
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1]
}

function ms(value) {
  return `${value.toFixed(1)} ms`
}
