const words = (text: string) => new Set(text.trim().split(/\s+/))

/** Where one of these occurs in a name, the value is about a person. Names are those of the catalogue. */
const personal = words(`
  phone phones mobile mobiles tel telephone telphone fax email emails addr address nick nicks nickname
  wangwang ww qq wechat weixin birthday idcard passport ip latitude longitude openid unionid userid
  username realname zip zipcode postcode avatar`)

/** Who it may be about. */
const people = words(`
  buyer seller receiver sender consignee contact customer user member passenger traveler traveller guest
  patient driver courier rider payer payee operator creator owner worker employee booker deliverer insured
  applicant person people lawyer doctor director manager purchaser distributor recipient staff student
  teacher parent legal alipay taobao login tb rec`)

/** What of somebody is personal. */
const attributes = words(`
  name names id ids uid no number account info area city district town street state province country zip
  memo message remark detail card gender sex age real person man mail`)

/** Two words that name something personal whoever it is about. */
const pairs = words(`
  real_name first_name last_name full_name given_name sur_name user_name nick_name display_name open_id
  open_uid union_id id_card cert_no cert_number certificate_no card_no bank_account account_no account_name
  zip_code post_code plate_no identity_no trade_memo`)

/** A name that ends or begins so says something about a person's data, not what it is. */
const aboutData =
  /(^(is|has|need)_)|_(type|status|flag|count|cnt|limit|price|fee|discount|rate|url|model)$/

/** `receiverMobile` and `receiver_mobile` alike. */
const snake = (name: string) =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '_')

/**
 * Whether a parameter or field holds personal data, by its name: names, phones, addresses, nicks, e-mails,
 * the ids of people, what they write to each other.
 *
 * @param within the structure that it stands in: `name` is a person's in a `receiver`
 */
export function isPersonalName(name: string, within = ''): boolean {
  const plain = snake(name)
  if (aboutData.test(plain)) return false
  const parts = plain.split('_').filter((part) => part !== '')
  if (parts.some((part) => personal.has(part))) return true
  if (pairs.has(parts.slice(-2).join('_'))) return true
  const last = parts.at(-1) ?? ''
  if (parts.length === 1) {
    if (people.has(last) || last === 'uid') return true
    return (
      attributes.has(last) &&
      snake(within)
        .split('_')
        .some((part) => people.has(part))
    )
  }
  return attributes.has(last) && parts.slice(0, -1).some((part) => people.has(part))
}
