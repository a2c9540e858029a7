import { html } from './escape.ts'
import { style } from './style.ts'

/**
 * One self-contained page: no script, nothing loaded from elsewhere. Both languages are in it, and two
 * radio buttons choose the one that is shown.
 *
 * @param title as plain text
 * @param main what stands below the title, as HTML
 */
export const page = (title: string, main: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${html(title)}</title>
<style>${style}</style>
</head>
<body>
<input type="radio" name="language" id="en" checked>
<input type="radio" name="language" id="zh">
<nav><label for="en" lang="en">English</label><label for="zh" lang="zh">中文</label></nav>
<main>
<h1>${html(title)}</h1>
${main}
</main>
</body>
</html>
`
