import { documented, type Fidelity, observed } from '../fidelity.ts'
import type { Explanation } from './errors.ts'

/** Sub-codes that share a form: services fill in what stands in angle brackets. */
export interface SubCodeFamily extends Fidelity {
  /** `<p>` stands for any text; what is in square brackets may be absent. */
  readonly form: string
  readonly example: string
  readonly meaning: Explanation
}

const family = (
  form: string,
  example: string,
  en: string,
  zh: string,
  label: Fidelity = documented('platform sub-code table'),
): SubCodeFamily => ({ form, example, meaning: { en, zh }, ...label })

/**
 * The families of sub-codes that travel under code 15, 50 and the codes of single services. Any member
 * can be asked for by its name alone; what the table of errors or a contract declares has its texts too.
 */
export const subCodeFamilies: readonly SubCodeFamily[] = [
  family(
    'isv.missing-parameter:<parameter>',
    'isv.missing-parameter:numIid',
    'The service misses a parameter.',
    '缺少服务需要的参数。',
  ),
  family(
    'isv.invalid-parameter[:<parameter>]',
    'isv.invalid-parameter:tid',
    'The service refuses a parameter.',
    '服务不接受该参数的值。',
  ),
  family(
    'isv.<thing>-not-exist[:<parameter>]',
    'isv.trade-not-exist',
    'What the call is about does not exist.',
    '调用所指的对象不存在。',
  ),
  family(
    'isv.invalid-permission[:<what>]',
    'isv.invalid-permission:update-item',
    'The seller or the app may not do this.',
    '卖家或应用没有执行该操作的权限。',
  ),
  family(
    'isv.parameters-mismatch:<one>-and-<other>',
    'isv.parameters-mismatch:sku_properties-and-sku_quantities',
    'Two parameters do not fit each other.',
    '两个参数互相矛盾。',
  ),
  family(
    'isv.mismatch-parameters:<parameter>',
    'isv.mismatch-parameters:sku',
    'Lists that belong together differ in length.',
    '应当一一对应的列表长度不同。',
  ),
  family(
    'isv.<service>-service-error[:<REASON>]',
    'isv.logistics-offline-service-error:B04',
    'A service refuses for a reason of its own.',
    '服务以自己的原因拒绝了调用。',
  ),
  family(
    'isp.<service>-service-unavailable',
    'isp.item-service-unavailable',
    'The service behind the gateway is down.',
    '网关后面的服务不可用。',
  ),
  family(
    '<sub-code>-tmall',
    'isp.remote-service-timeout-tmall',
    'The same failure on the Tmall variant of the service, with the same texts.',
    '天猫版服务的同一种错误，文案相同。',
  ),
  family(
    'isv.<FREE_FORM>',
    'isv.BUSINESS_LIMIT_CONTROL',
    'Newer products name their refusals as they like; some use bare digits.',
    '较新的产品使用自由命名的子错误码，有的只是数字。',
    observed('logged payload'),
  ),
]
