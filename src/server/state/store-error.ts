import { codeOf } from './file-door.ts'

/** The store cannot keep a change now; nothing of it stays, and a later one may succeed. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
  /** For people who read Chinese. */
  readonly zh: string
  /** The same without the place, for whoever calls. */
  readonly reason: string
  /** The change was sent, and nobody can say whether it arrived. */
  readonly isUnknown: boolean

  constructor(en: string, zh: string, reason: string, cause: unknown, isUnknown = false) {
    super(en, { cause })
    this.zh = zh
    this.reason = reason
    this.isUnknown = isUnknown
  }
}

/** A Redis that keeps the state does not answer, or refuses what it is told. */
export class RedisUnavailableError extends StoreUnavailableError {}

const reasons: Readonly<Record<string, readonly [en: string, zh: string]>> = {
  ENOSPC: ['the disk is full', '磁盘已满'],
  EDQUOT: ['the disk quota is used up', '磁盘配额已用完'],
  EFBIG: ['the file has reached its greatest size', '文件已达最大长度'],
  EROFS: ['its file system is read-only', '文件系统只读'],
  EACCES: ['this user may not write there', '当前用户没有写权限'],
  EPERM: ['this user may not write there', '当前用户没有写权限'],
  ENOENT: ['it is not there any more', '目录已不存在'],
  EIO: ['the disk reports an error', '磁盘读写错误'],
}

/** What a failed write to a data folder means, in words. */
export function folderError(folder: string, error: unknown): StoreUnavailableError {
  const code = codeOf(error)
  const [en, zh] = reasons[code ?? ''] ?? [(error as Error).message, (error as Error).message]
  const suffix = code === undefined ? '' : ` (${code})`
  return new StoreUnavailableError(
    `the data folder ${folder} cannot be written: ${en}${suffix}`,
    `数据目录 ${folder} 无法写入：${zh}${suffix}`,
    `the store cannot be written: ${en}${suffix}`,
    error,
  )
}
