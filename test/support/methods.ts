import { listedMethods } from '../../src/contracts/index.ts'

/** Methods that are unlike each other: hand-written ones, files, structures, lists, odd names, every tier. */
export const variedMethods: readonly string[] = distinct([
  'taobao.item.add',
  'taobao.item.update',
  'taobao.item.img.upload',
  'taobao.items.onsale.get',
  'taobao.user.seller.get',
  'taobao.time.get',
  'taobao.top.auth.token.create',
  'alibaba.aliqin.fc.sms.num.send',
  'taobao.trade.fullinfo.get',
  'taobao.trades.sold.get',
  'taobao.logistics.offline.send',
  'taobao.refunds.receive.get',
  'taobao.picture.upload',
  'taobao.itemcats.get',
  'cainiao.waybill.ii.get',
  'account.aliyuncs.com.CreateAliyunAccount.2013-07-01',
  '3yz3r43l61.morefood.data.in',
  ...everyNth(350),
])

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)]
}

/** A sample of the catalogue, the same every time. */
export function everyNth(step: number): string[] {
  return listedMethods()
    .filter((_, at) => at % step === 0)
    .map(({ name }) => name)
}
