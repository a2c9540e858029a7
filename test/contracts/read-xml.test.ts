import { describe, expect, it } from 'vitest'
import { readXml, textsOf, unescapedXml } from '../../src/contracts/protocol/read-xml.ts'

const header = '<?xml version="1.0" encoding="utf-8" ?>'
const read = (inner: string) => readXml(header + inner)

describe('a document in XML', () => {
  it('is read as elements, their attributes, children and texts', () => {
    expect(
      read('<r a="1" b.c="x y"><items list="true"><item>1</item><item/></items>x<e></e>y</r>'),
    ).toEqual({
      name: 'r',
      attributes: ' a="1" b.c="x y"',
      text: 'xy',
      children: [
        {
          name: 'items',
          attributes: ' list="true"',
          text: '',
          children: [
            { name: 'item', attributes: '', text: '1', children: [] },
            { name: 'item', attributes: '', text: '', children: [] },
          ],
        },
        { name: 'e', attributes: '', text: '', children: [] },
      ],
    })
  })

  it.each([
    ['a blank before the end of its header', '<?xml version="1.0" encoding="utf-8" ?><r>x</r>'],
    ['none', '<?xml version="1.0" encoding="utf-8"?><r>x</r>'],
    ['its header in capitals', '<?XML version="1.0" encoding="UTF-8"?><r>x</r>'],
    ['a comment at its end', `${header}<r>x</r><!--top-1.localtop-->`],
    ['an empty comment at its end', `${header}<r>x</r><!---->`],
    ['a line break after its header', `${header}\n<r>x</r>`],
    ['line breaks at its end', `${header}<r>x</r>\r\n\n`],
    ['line breaks after its comment', `${header}<r>x</r><!-- a -->\n `],
  ])('may have %s', (_, document) => {
    expect(readXml(document)).toEqual({ name: 'r', attributes: '', text: 'x', children: [] })
  })

  it.each([
    ['<r/>', 'r', ''],
    ['<r />', 'r', ''],
    ['<a.b-c_1/>', 'a.b-c_1', ''],
    ['<_r a="1"/>', '_r', ' a="1"'],
    ['<r a="1" />', 'r', ' a="1"'],
    ['<r abc="xyz"/>', 'r', ' abc="xyz"'],
    ['<r a="" b="2"></r>', 'r', ' a="" b="2"'],
  ])('may have an element as %s', (inner, name, attributes) => {
    expect(read(inner)).toEqual({ name, attributes, text: '', children: [] })
  })

  it('keeps line breaks, tabs and blanks of its texts', () => {
    expect(read('<r>\t a\r\n b\n</r>').text).toBe('\t a\r\n b\n')
  })

  it('holds every character that XML allows', () => {
    const all = '\t\n\r \u007F\uD7FF\uE000\uFFFD\u{10000}\u{10FFFF}'
    expect(read(`<r>${all}</r>`).text).toBe(all)
  })

  it.each(['\u0000', '\u0008', '\u000B', '\u001F', '\uD800', '\uDFFF', '\uFFFE', '\uFFFF'])(
    'holds no %j',
    (char) => {
      expect(() => read(`<r>${char}</r>`)).toThrow('a character that XML does not allow')
      expect(() => readXml(`${char}${header}<r/>`)).toThrow('a character that XML does not allow')
    },
  )

  it.each([
    ['nothing', ''],
    ['no header', '<r>x</r>'],
    ['something before its header', ` ${header}<r>x</r>`],
    ['another version', '<?xml version="1.1" encoding="utf-8"?><r/>'],
    ['something like a version', '<?xml version="1x0" encoding="utf-8"?><r/>'],
    ['another encoding', '<?xml version="1.0" encoding="gbk"?><r/>'],
    ['two blanks in its header', '<?xml version="1.0" encoding="utf-8"  ?><r/>'],
  ])('with %s has no header', (_, document) => {
    expect(() => readXml(document)).toThrow('no XML header')
  })

  it.each([
    ['no element', ''],
    ['a text alone', 'x'],
    ['a text before its root', 'x<a></a>'],
    ['a text after its root', '<a></a>x'],
    ['two roots', '<a></a><b></b>'],
    ['an open element', '<a>'],
    ['an open element after its root', '<a></a><b>'],
    ['an open element in another', '<a><b></a>', '</a> closes <b>'],
    ['an element closed by another', '<a></b>', '</b> closes <a>'],
    ['an element that was never opened', '</a>', '</a> closes <>'],
  ])('with %s is refused', (_, inner, problem = 'not exactly one root') => {
    expect(() => read(inner)).toThrow(problem)
  })

  it.each([
    '<1a></1a>',
    '<-a></-a>',
    '<.a></.a>',
    '<a b></a>',
    '<a b=1></a>',
    "<a b='1'></a>",
    '<a  b="1"></a>',
    '<ab="1"></a>',
    '<a b="<"></a>',
    '<a b="&"></a>',
    '<a b=""c=""></a>',
    '<a b c="1"></a>',
    '<a ></a>',
    '<></>',
    '< a></a>',
    '<a></ a>',
    '<a></a ',
    '<a><!-- c --></a>',
    '<a><![CDATA[x]]></a>',
    '<a>1 < 2</a>',
    '<a><?pi?></a>',
    '<a$></a$>',
    'x<a',
    '<a></a><',
  ])('with %s has what is no tag', (inner) => {
    expect(() => read(inner)).toThrow('no tag: <')
  })

  it('has one comment at the most, with no two dashes in it', () => {
    expect(() => read('<r/><!--a--><!--b-->')).toThrow('no tag: <!--a-->')
    expect(() => read('<r/><!--a--b-->')).toThrow('no tag: <!--a--b-->')
    expect(() => read('<r/><!--a-->x')).toThrow('no tag: <!--a-->')
  })
})

describe('a text in XML', () => {
  it.each([
    ['&amp;&lt;&gt;&apos;&quot;', '&<>\'"'],
    ['&#25163;&#x673A;&#X673a;', '手机机'],
    ['&#128512;', '😀'],
    ['a &amp;lt; b', 'a &lt; b'],
    ['plain; text', 'plain; text'],
  ])('%s stands for %s', (text, value) => {
    expect(unescapedXml(text)).toBe(value)
  })

  it.each([
    ['&', '&'],
    ['a & b', '&'],
    ['&amp', '&amp'],
    ['&nbsp;', '&nbsp;'],
    ['&;', '&;'],
    ['&#;', '&#;'],
    ['&#x;', '&#x;'],
    ['&#xg;', '&#xg;'],
    ['&#a1', '&#a1'],
    ['&#1x;', '&#1x;'],
    ['&x41;', '&x41;'],
    ['&#65', '&#65'],
  ])('has no entity in %s', (text, entity) => {
    expect(() => unescapedXml(text)).toThrow(new Error(`no entity: ${entity}`))
  })

  it.each(['constructor', 'toString', '__proto__'])(
    'has no entity that objects know: %s',
    (name) => {
      expect(() => unescapedXml(`&${name};`)).toThrow(`no entity: &${name};`)
    },
  )

  it('is found by the name of its element', () => {
    expect(textsOf(read('<r><code>27</code><msg>a &lt; b</msg></r>'))).toEqual({
      code: '27',
      msg: 'a < b',
    })
  })
})
