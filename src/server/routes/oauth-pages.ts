import { html as escaped, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { type AuthorizeView, oauthPaths, tokenLifetimes } from '../../contracts/protocol/oauth.ts'
import type { App, Seller } from '../state/world.ts'

/** Markup in which every value that came from outside is escaped. */
export type Page = HtmlEscapedString

/** hono's tag; it answers a promise only where a value is one, and none is here. */
const html = (texts: TemplateStringsArray, ...values: unknown[]) =>
  escaped(texts, ...values) as HtmlEscapedString

interface Consent {
  readonly app: App
  readonly redirect: URL | undefined
  readonly view: AuthorizeView
  /** Goes into the form's address, so that the answer is about the very same request. */
  readonly query: string
  readonly sellers: readonly (Seller & { readonly allowed: boolean })[]
}

/** Asks a person which seller authorises the app. Plain HTML: it works without a script. */
export function consentPage({ app, redirect, view, query, sellers }: Consent): Page {
  const { expires_in, re_expires_in } = tokenLifetimes(app.token)
  const first = sellers.find((seller) => seller.allowed)
  return layout(
    '授权 · Authorise',
    view,
    html`<h1>应用 <code>${app.app_key}</code> 请求店铺授权</h1>
<p class="sub" lang="en">App <code>${app.app_key}</code> asks to act for a shop.</p>
<form method="post" action="${oauthPaths.authorize}?${query}">
<fieldset>
<legend>以哪位卖家的身份授权？ <span lang="en">As which seller?</span></legend>
<div class="sellers">
${
  sellers.length === 0
    ? html`<p class="empty">这里还没有卖家。 <span lang="en">This world has no seller.</span></p>`
    : sellers.map((seller) => sellerRow(seller, seller === first))
}
</div>
</fieldset>
<dl>
<div><dt>返回 <span lang="en">Returns to</span></dt><dd>${redirect ? redirect.origin + redirect.pathname : oauthPaths.landing}</dd></div>
<div><dt>有效 <span lang="en">Lasts</span></dt><dd>${lasting(expires_in)}</dd></div>
<div><dt>可刷新 <span lang="en">Refreshable</span></dt><dd>${re_expires_in === 0 ? html`否 <span lang="en">no</span>` : lasting(re_expires_in)}</dd></div>
</dl>
<div class="buttons">
<button class="primary" name="decision" value="approve"${first ? '' : raw(' disabled')}>授权 <span lang="en">Approve</span></button>
<button name="decision" value="refuse" formnovalidate>拒绝 <span lang="en">Refuse</span></button>
</div>
</form>
<p class="hint">自动化测试无需点击 · <span lang="en">No click in CI:</span> <code>&amp;localtop_approve=${first?.nick ?? 'nick'}</code></p>`,
  )
}

function sellerRow(seller: Consent['sellers'][number], checked: boolean): Page {
  const kind = seller.type === 'B' ? '天猫 Tmall' : seller.type === 'C' ? '淘宝 Taobao' : undefined
  return html`<label>
<input type="radio" name="nick" value="${seller.nick}" required${checked ? raw(' checked') : ''}>
<span class="avatar" aria-hidden="true">${[...seller.nick][0] ?? ''}</span>
<span class="who"><b>${seller.nick}</b><small>${seller.user_id}${kind === undefined ? '' : ` · ${kind}`}</small>${
    seller.allowed
      ? ''
      : html`<small class="tag">不在授权名单，将返回 1001 · not among the app's users, gets 1001</small>`
  }</span>
</label>`
}

interface Fault {
  readonly error: string
  readonly error_description: string
  readonly reason: { readonly en: string; readonly zh: string }
  /** What could have been named instead. */
  readonly list: readonly string[]
}

/** What went wrong before anybody could be redirected. */
export const faultPage = ({ error, error_description, reason, list }: Fault): Page =>
  layout(
    '授权失败 · Authorisation failed',
    'web',
    html`<h1>授权失败 <span lang="en">Authorisation failed</span></h1>
<p class="fault"><code class="error">${error}</code> ${error_description}</p>
<p>${reason.zh}</p>
<p class="sub" lang="en">${reason.en}</p>
${list.length === 0 ? '' : html`<ul>${list.map((one) => html`<li>${one}</li>`)}</ul>`}`,
  )

/** Where the client-side flow ends without a `redirect_uri`: programs read the token from the address. */
export const landingPage = (): Page =>
  layout(
    '授权完成 · Authorised',
    'web',
    html`<h1>授权完成 <span lang="en">Authorised</span></h1>
<p>令牌在本页地址的 <code>#</code> 之后，应用可以从那里读取。</p>
<p class="sub" lang="en">The token stands behind the <code>#</code> of this page's address, for the app to read.</p>`,
  )

export const loggedOffPage = (): Page =>
  layout(
    '已退出 · Logged off',
    'web',
    html`<h1>已退出登录 <span lang="en">Logged off</span></h1>
<p>已给出的授权不受影响。</p>
<p class="sub" lang="en">Authorisations that were given stay as they are.</p>`,
  )

/** Seconds as a person reads them. */
function lasting(seconds: number): Page {
  const [unit, zh, en] =
    units.find(([length]) => seconds >= length && seconds % length === 0) ?? units[3]
  const count = seconds / unit
  return html`${count} ${zh} <span lang="en">${count} ${en}${count === 1 ? '' : 's'}</span>`
}

const units = [
  [86_400, '天', 'day'],
  [3600, '小时', 'hour'],
  [60, '分钟', 'minute'],
  [1, '秒', 'second'],
] as const

const layout = (title: string, view: AuthorizeView, content: Page): Page =>
  html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · LocalTOP</title>
<style>${raw(style)}</style>
</head>
<body class="${view}">
<main>
<header><b>LocalTOP</b><span>本机模拟，并非淘宝 · <span lang="en">a stand-in on this machine, not Taobao</span></span></header>
${content}
</main>
</body>
</html>`

const style = `
:root {
  color-scheme: light dark;
  --ground: #f3f1ee; --card: #fff; --text: #22201d; --soft: #6b655d; --line: #e2ddd6;
  --accent: #c2410c; --on-accent: #fff; --tint: #fff3ec; --code: #f5f2ee;
}
body.tmall { --accent: #b3001b; --tint: #fff0f1; }
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #141312; --card: #1e1c1a; --text: #ece8e3; --soft: #a39c93; --line: #36322d;
    --accent: #ff8a4c; --on-accent: #241003; --tint: #33231a; --code: #2a2724;
  }
  body.tmall { --accent: #ff7a85; --on-accent: #2b0206; --tint: #351c1f; }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; padding: 6vh 1rem; background: var(--ground); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
main {
  max-width: 34rem; margin: 0 auto; padding: 1.5rem 2rem 1.75rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 16px; box-shadow: 0 1px 2px #0000000a, 0 12px 32px #00000012;
}
header {
  display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: baseline; margin: 0 0 1.5rem;
  padding-bottom: .9rem; border-bottom: 1px solid var(--line); font-size: .8125rem; color: var(--soft);
}
header b { color: var(--accent); font-size: 1rem; }
h1 { margin: 0; font-size: 1.375rem; line-height: 1.35; overflow-wrap: anywhere; }
h1 span { font-weight: 400; color: var(--soft); }
.sub { margin: .25rem 0 0; color: var(--soft); }
p { overflow-wrap: anywhere; }
code {
  padding: .1em .35em; border-radius: 5px; background: var(--code); overflow-wrap: anywhere;
  font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
fieldset { margin: 1.5rem 0 0; padding: 0; border: 0; min-width: 0; }
legend { padding: 0; margin-bottom: .6rem; font-weight: 600; }
[lang=en] { color: var(--soft); font-weight: 400; }
.sellers { display: grid; gap: .5rem; }
label {
  display: flex; align-items: center; gap: .8rem; min-height: 3.75rem; padding: .6rem .9rem;
  border: 1px solid var(--line); border-radius: 12px; cursor: pointer;
}
label:hover { border-color: var(--accent); }
label:has(:checked) { border-color: var(--accent); background: var(--tint); }
label:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: -2px; }
input[type=radio] { flex: none; width: 1.15rem; height: 1.15rem; margin: 0; accent-color: var(--accent); }
.avatar {
  flex: none; display: grid; place-items: center; width: 2.25rem; height: 2.25rem; border-radius: 50%;
  background: var(--accent); color: var(--on-accent); font-weight: 600;
}
.who { flex: 1; min-width: 0; display: grid; line-height: 1.3; }
.who b { overflow-wrap: anywhere; }
small { font-size: .8125rem; color: var(--soft); }
.tag { color: var(--accent); }
.empty { margin: 0; padding: 1rem; border: 1px dashed var(--line); border-radius: 12px; color: var(--soft); }
dl { margin: 1.25rem 0 0; font-size: .875rem; display: grid; gap: .3rem; }
dl div { display: flex; flex-wrap: wrap; gap: 0 1rem; justify-content: space-between; }
dt { flex: none; color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
.buttons {
  position: sticky; bottom: 0; display: flex; gap: .75rem; margin: .75rem 0 0; padding: .75rem 0; background: var(--card);
  box-shadow: 0 -10px 10px -4px var(--card);
}
button {
  flex: 1; min-height: 3rem; padding: 0 1rem; border: 1px solid var(--line); border-radius: 12px;
  background: var(--card); color: var(--text); font: inherit; white-space: nowrap; cursor: pointer;
}
button:hover { border-color: var(--soft); }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
button [lang=en] { color: inherit; }
.primary { flex: 2; border-color: var(--accent); background: var(--accent); color: var(--on-accent); font-weight: 600; }
.primary:hover { border-color: var(--accent); filter: brightness(1.06); }
.primary:disabled { opacity: .45; cursor: not-allowed; }
.hint { margin: .5rem 0 0; font-size: .8125rem; color: var(--soft); }
.fault { padding: .8rem 1rem; border: 1px solid var(--accent); border-radius: 12px; background: var(--tint); }
.error { font-weight: 600; }
ul { padding-left: 1.25rem; }
@media (max-width: 32rem) {
  body { padding: 0; background: var(--card); }
  main { padding: 1.1rem 1.1rem 1.5rem; border: 0; border-radius: 0; box-shadow: none; }
}
body.wap { padding: 0; background: var(--card); }
body.wap main {
  display: flex; flex-direction: column; max-width: 26rem; min-height: 100vh; padding: 1.1rem 1.1rem 1.25rem;
  border: 0; border-radius: 0; box-shadow: none;
}
body.wap form { flex: 1; display: flex; flex-direction: column; }
body.wap label { min-height: 4.25rem; }
body.wap .buttons { margin-top: auto; }
body.wap button { min-height: 3.5rem; font-size: 1.0625rem; }
`
