import { describe, expect, it } from 'vitest'
import {
  authorizeViews,
  callbackHost,
  codeLifetime,
  decodeNick,
  mayRedirect,
  oauthError,
  oauthErrors,
  rawParameter,
  readRedirectUri,
  securityLevels,
  type TokenAnswer,
  tokenAnswer,
  tokenErrorNames,
  tokenFragment,
  tokenLifetimes,
  tokenSettings,
  withFragment,
  withQuery,
} from '../../src/contracts/protocol/oauth.ts'
import { sign } from '../../src/contracts/protocol/sign.ts'

describe('the words of OAuth', () => {
  it('are those of the platform', () => {
    expect(securityLevels).toEqual(['r1', 'r2', 'w1', 'w2'])
    expect(authorizeViews).toEqual(['web', 'tmall', 'wap'])
    expect(codeLifetime).toBe(1_800_000)
  })

  it('has for each refusal of /token a row', () => {
    expect(tokenErrorNames).toHaveLength(11)
    expect(tokenErrorNames.filter((name) => !(name in oauthErrors))).toEqual([])
  })
})

describe('a refusal of OAuth', () => {
  it('has its blanks filled in', () => {
    expect(oauthError('code-invalid', { code: 'abc' })).toEqual({
      error: 'invalid_client',
      error_description: 'authorize code abc invalidate,please authorize again.',
    })
    expect(oauthError('parameter-missing', { parameter: 'code' }).error_description).toBe(
      'code is missing',
    )
  })

  it('keeps a blank that nobody fills', () => {
    expect(oauthError('parameter-missing').error_description).toBe('{parameter} is missing')
    expect(oauthError('refresh-expired')).toEqual({
      error: 'invalid_grant',
      error_description: 'refresh_token expire',
    })
  })
})

describe('what an app is given', () => {
  it('lasts a day, and can be refreshed for thirty', () => {
    expect(tokenLifetimes()).toEqual({
      expires_in: 86_400,
      re_expires_in: 2_592_000,
      r1_expires_in: 86_400,
      r2_expires_in: 86_400,
      w1_expires_in: 86_400,
      w2_expires_in: 86_400,
      hra_expires_in: 86_400,
    })
  })

  it('lasts as long as the session at every level, unless a world says otherwise', () => {
    expect(tokenLifetimes({ expires_in: 60, w2_expires_in: 0 })).toMatchObject({
      r1_expires_in: 60,
      w2_expires_in: 0,
      hra_expires_in: 60,
      re_expires_in: 2_592_000,
    })
  })

  const takes = (settings: unknown) => tokenSettings.safeParse(settings).success

  it('is set in whole seconds, up to a hundred years', () => {
    expect(takes({})).toBe(true)
    expect(takes({ expires_in: 1, re_expires_in: 0, r1_expires_in: 0 })).toBe(true)
    expect(takes({ expires_in: 3_153_600_000 })).toBe(true)
    for (const expires_in of [0, -1, 1.5, 3_153_600_001, '60']) {
      expect(takes({ expires_in })).toBe(false)
    }
    expect(takes({ re_expires_in: -1 })).toBe(false)
    expect(takes({ r3_expires_in: 1 })).toBe(false)
  })
})

describe('a token as a client reads it', () => {
  const least = { access_token: 'a', expires_in: 60 }

  it('may lack what differs between apps', () => {
    expect(tokenAnswer.parse(least)).toEqual({ ...least, token_type: 'Bearer', re_expires_in: 0 })
  })

  it('has numbers and identifiers as either', () => {
    expect(
      tokenAnswer.parse({
        ...least,
        expires_in: '60',
        re_expires_in: 120,
        r1_expires_in: '5',
        r2_expires_in: 5,
        w1_expires_in: 5,
        w2_expires_in: 5,
        hra_expires_in: '0',
        refresh_token: 'r',
        taobao_user_id: 100000001,
        taobao_user_nick: 'n',
        taobao_open_uid: 'o',
        sub_taobao_user_id: '7',
        sub_taobao_user_nick: 's',
        of_later: true,
      }),
    ).toEqual({
      ...least,
      token_type: 'Bearer',
      re_expires_in: 120,
      r1_expires_in: 5,
      r2_expires_in: 5,
      w1_expires_in: 5,
      w2_expires_in: 5,
      hra_expires_in: 0,
      refresh_token: 'r',
      taobao_user_id: '100000001',
      taobao_user_nick: 'n',
      taobao_open_uid: 'o',
      sub_taobao_user_id: '7',
      sub_taobao_user_nick: 's',
      of_later: true,
    })
  })

  it.each([
    { expires_in: 60 },
    { access_token: '', expires_in: 60 },
    { access_token: 'a' },
    { access_token: 'a', expires_in: -1 },
    { access_token: 'a', expires_in: '' },
    { access_token: 'a', expires_in: 'x1' },
    { access_token: 'a', expires_in: '1x' },
    { access_token: 'a', expires_in: '1234567890123' },
    { access_token: 'a', expires_in: 1.5 },
    { access_token: 'a', expires_in: 60, taobao_user_id: 1.5 },
  ])('is none as %j', (answer) => {
    expect(tokenAnswer.safeParse(answer).success).toBe(false)
  })
})

describe('a nick', () => {
  it.each([
    ['%E6%9C%AC', '本'],
    ['a+b', 'a b'],
    ['a+b+c', 'a b c'],
    ['本', '本'],
    ['100%', '100%'],
    ['%FF+x', '%FF+x'],
  ])('%s is read as %s', (text, nick) => {
    expect(decodeNick(text)).toBe(nick)
  })
})

describe('the fragment of the client-side flow', () => {
  const answer: TokenAnswer = {
    access_token: 'at',
    token_type: 'Bearer',
    expires_in: 1,
    expire_time: 2,
    refresh_token: 'rt',
    re_expires_in: 3,
    refresh_token_valid_time: 4,
    r1_expires_in: 5,
    r1_valid: 6,
    r2_expires_in: 7,
    r2_valid: 8,
    w1_expires_in: 9,
    w1_valid: 10,
    w2_expires_in: 11,
    w2_valid: 12,
    hra_expires_in: '13',
    taobao_user_id: '14',
    taobao_user_nick: '%E6%9C%AC',
  }
  const signed = {
    access_token: 'at',
    token_type: 'Bearer',
    expires_in: '1',
    refresh_token: 'rt',
    re_expires_in: '3',
    r1_expires_in: '5',
    r2_expires_in: '7',
    taobao_user_id: '14',
    taobao_user_nick: '本',
    w1_expires_in: '9',
    w2_expires_in: '11',
  }

  it('is signed over decoded values, and has state and signature last', () => {
    const topSign = sign({ ...signed, state: 'a b' }, 'secret', 'md5')
    expect(tokenFragment(answer, 'a%20b', 'secret')).toBe(
      `access_token=at&token_type=Bearer&expires_in=1&refresh_token=rt&re_expires_in=3&r1_expires_in=5&r2_expires_in=7&taobao_user_id=14&taobao_user_nick=%E6%9C%AC&w1_expires_in=9&w2_expires_in=11&state=a%20b&top_sign=${topSign}`,
    )
  })
})

describe('a parameter as it was written', () => {
  it.each([
    ['state=a%20b&x=1', 'a%20b'],
    ['x=1&state=%C4', '%C4'],
    ['x=state=2&state=3&state=4', '3'],
    ['states=1&state=', ''],
    ['state&x=1', ''],
    ['state=a=b', 'a=b'],
    ['x=1', undefined],
    ['', undefined],
    ['mystate=1', undefined],
  ])('in %j is %j', (text, state) => {
    expect(rawParameter(text, 'state')).toBe(state)
  })
})

describe('a redirect_uri', () => {
  it.each(['http://a.test', 'HTTPS://a.test/x?y=1#z', 'http://localhost:3000/cb'])(
    'may be %s',
    (text) => {
      expect(readRedirectUri(text)?.href).toBe(new URL(text).href)
    },
  )

  it.each([
    '',
    'a.test',
    'ftp://a.test',
    'javascript:alert(1)',
    'xhttp://a.test',
    'httpss://a.test',
    'http:/a.test',
    'http://',
    'http://user@a.test',
    'http://user:pw@a.test',
    'http://:pw@a.test',
  ])('may not be %j', (text) => {
    expect(readRedirectUri(text)).toBeUndefined()
  })
})

describe('a callback as people register it', () => {
  it.each([
    ['http://www.shop.test/cb?x=1', 'www.shop.test'],
    ['HTTPS://shop.test', 'shop.test'],
    ['shop.test', 'shop.test'],
    ['shop.test:8080', 'shop.test'],
    ['localhost', 'localhost'],
  ])('%s has the host %s', (text, host) => {
    expect(callbackHost(text)).toBe(host)
  })

  it.each([
    '',
    'shop test',
    'user@shop.test',
    'http://user@shop.test',
    'shop.test/cb',
    'shop.test?x',
    'shop.test#x',
    'xhttp://shop.test',
    'http://',
    'http:///',
  ])('%j is none', (text) => {
    expect(callbackHost(text)).toBeUndefined()
  })
})

describe('whether an app may be redirected to', () => {
  const may = (address: string, ...callbacks: string[]) =>
    mayRedirect(new URL(address), callbacks.length > 0 ? callbacks : undefined)

  it.each([
    'http://localhost:3000/cb',
    'http://127.0.0.1',
    'http://127.1.22.133',
    'http://[::1]:80',
    'http://app.localhost',
    'http://shop.test',
    'http://a.b.test',
  ])('this machine, without callbacks: yes, %s', (address) => {
    expect(may(address)).toBe(true)
  })

  it.each([
    'http://shop.example',
    'http://128.0.0.1',
    'http://127.0.0.1.example',
    'http://x127.0.0.1.example',
    'http://localhost.example',
    'http://mylocalhost',
    'http://mytest',
    'http://[::2]',
    'http://test.example',
  ])('another, without callbacks: no, %s', (address) => {
    expect(may(address)).toBe(false)
  })

  it.each([
    ['http://shop.example', 'shop.example'],
    ['https://a.shop.example:8443/x', 'http://b.shop.example/cb'],
    ['http://a.b.shop.example', 'shop.example'],
    ['http://shop.example.', 'shop.example'],
    ['http://a.shop.com.cn', 'b.shop.com.cn'],
    ['http://shop.com.cn', 'shop.com.cn'],
    ['http://1a.shop.example', '2b.shop.example'],
    ['http://cn', 'cn'],
    ['http://192.0.2.1', '192.0.2.1'],
    ['http://[::1]', 'http://[::1]'],
    ['http://localhost', 'localhost'],
    ['http://two.example', 'one.example', 'two.example'],
  ])('its own domain: yes, %s with %s', (address, ...callbacks) => {
    expect(may(address, ...callbacks)).toBe(true)
  })

  it.each([
    ['http://shop.example', 'other.example'],
    ['http://shop.example', 'shop.test'],
    ['http://shop.example', 'sho.pexample'],
    ['http://a.com.cn', 'b.com.cn'],
    ['http://a.ac.uk', 'b.ac.uk'],
    ['http://a.co.uk', 'b.co.uk'],
    ['http://a.edu.cn', 'b.edu.cn'],
    ['http://a.go.jp', 'b.go.jp'],
    ['http://a.gov.cn', 'b.gov.cn'],
    ['http://a.mil.cn', 'b.mil.cn'],
    ['http://a.ne.jp', 'b.ne.jp'],
    ['http://a.net.cn', 'b.net.cn'],
    ['http://a.or.jp', 'b.or.jp'],
    ['http://a.org.cn', 'b.org.cn'],
    ['http://192.0.2.1', '198.51.2.1'],
    ['http://[2001:db8::1]', 'http://[2001:db8::2]'],
    ['http://shop.example', 'not a host'],
  ])('that of others: no, %s with %s', (address, ...callbacks) => {
    expect(may(address, ...callbacks)).toBe(false)
  })

  it.each([
    // Two letters are a country only at the end; under a country only registries are not one's own.
    ['http://a.shop.cn', 'b.shop.cn'],
    ['http://a.com.example', 'b.com.example'],
    ['http://x1.example', 'y.x1.example'],
  ])('a domain that only looks shared: yes, %s with %s', (address, callback) => {
    expect(may(address, callback)).toBe(true)
  })

  it('nothing, with an empty list of callbacks', () => {
    expect(mayRedirect(new URL('http://localhost'), [])).toBe(false)
  })
})

describe('an address with an answer', () => {
  it.each([
    ['http://a.test/cb', 'http://a.test/cb?code=1'],
    ['http://a.test/cb?x=1', 'http://a.test/cb?x=1&code=1'],
    ['http://a.test/cb?', 'http://a.test/cb?code=1'],
    ['http://a.test/cb?x=1&', 'http://a.test/cb?x=1&code=1'],
    ['http://a.test/cb#f', 'http://a.test/cb?code=1'],
    ['http://a.test/cb?x=?&y#f', 'http://a.test/cb?x=?&y&code=1'],
  ])('in its query: %s gives %s', (address, with_) => {
    expect(withQuery(new URL(address), 'code=1')).toBe(with_)
  })

  it('in its fragment, instead of one of its own', () => {
    expect(withFragment(new URL('http://a.test/cb?x=1#old'), 'new')).toBe(
      'http://a.test/cb?x=1#new',
    )
    expect(withFragment(new URL('http://a.test/cb'), 'new')).toBe('http://a.test/cb#new')
  })
})
