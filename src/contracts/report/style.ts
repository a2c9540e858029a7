/** The look of the page: light and dark as the reader's device has it; on a phone a row is a card. */
export const style = `
:root{color-scheme:light dark;--ground:#fff;--ink:#1c2024;--quiet:#5c6670;--line:#d9dee3;--card:#f5f7f9;--bad:#b3261e;--warn:#8a5a00;--fine:#1b6e3c;--link:#0b57a4}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--ink:#e6e9ec;--quiet:#9aa5b0;--line:#343b42;--card:#1d2226;--bad:#ff8a80;--warn:#f0b95a;--fine:#7fd6a0;--link:#8ab8f0}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:1rem;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.4rem;margin:.5rem 0}
h2{font-size:1.1rem;margin:0 0 .25rem}
p{margin:.35rem 0}
a{color:var(--link)}
code{font:.9em ui-monospace,Consolas,monospace}
.bad{color:var(--bad)}.warn{color:var(--warn)}.fine{color:var(--fine)}td.fine{color:inherit}
.quiet,.program,small,time{color:var(--quiet);font-size:.9rem}
.verdict{font-weight:600}
#en,#zh{position:absolute;opacity:0;pointer-events:none}
nav{display:flex;justify-content:flex-end;gap:.25rem}
nav label{padding:.5rem .75rem;border:1px solid var(--line);border-radius:.5rem;cursor:pointer}
#en:checked~nav label[for=en],#zh:checked~nav label[for=zh]{background:var(--card);font-weight:600}
#en:focus-visible~nav label[for=en],#zh:focus-visible~nav label[for=zh]{outline:2px solid var(--link)}
#en:checked~main [lang=zh],#zh:checked~main [lang=en]{display:none}
table{width:100%;border-collapse:collapse;margin:1rem 0}
th,td{padding:.4rem .6rem;border-bottom:1px solid var(--line);text-align:right}
th:first-child,td:nth-child(2),th:nth-child(2){text-align:left}
thead th{color:var(--quiet);font-weight:500;vertical-align:bottom}
td .label{display:none}
td.bad,td.warn{font-weight:600}
section{border-top:1px solid var(--line);padding:1rem 0}
details{background:var(--card);border-left:4px solid var(--line);border-radius:.25rem;padding:.5rem .75rem;margin:.5rem 0}
details.error{border-left-color:var(--bad)}
details.warning{border-left-color:var(--warn)}
summary{cursor:pointer;font-weight:600}
.advice{color:var(--quiet)}
ul{margin:.35rem 0;padding-left:1.2rem}
dl{display:grid;grid-template-columns:2rem 1fr;margin:.35rem 0}
dt{font-weight:600}
dd{margin:0}
@media (max-width:640px){
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody{display:block}
tbody tr{display:grid;grid-template-columns:repeat(4,1fr);gap:.25rem .5rem;border:1px solid var(--line);border-radius:.5rem;padding:.5rem .75rem;margin:.75rem 0}
th[scope=row]{grid-column:1/-1}
th[scope=row],td,td:nth-child(2){border:0;padding:0;text-align:left}
td{display:flex;flex-direction:column;justify-content:space-between}
td .label{display:block;color:var(--quiet);font-weight:400;font-size:.8rem;line-height:1.2}
}
@media print{nav{display:none}}
`
