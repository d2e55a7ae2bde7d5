const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'may not be read (permission denied)',
  EPERM: 'may not be read (permission denied)',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'there is no such file: part of the path is not a folder',
  ELOOP: 'the symbolic link leads to itself',
  ENAMETOOLONG: 'the name is too long',
  ERR_FS_FILE_TOO_LARGE: 'is larger than what can be read',
}

/** True for an error of the operating system, or of Node where it speaks for it. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = error as NodeJS.ErrnoException
  return error instanceof Error && (syscall !== undefined || Object.hasOwn(REASONS, code ?? ''))
}

/** Why a file cannot be read, in words that go on from its name; of another error, what it says itself. */
export function explainReadError(error: unknown): string {
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error)
  return REASONS[error.code ?? ''] ?? `cannot be read: ${error.message}`
}

const WRITE_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be made there: there is no such folder',
  EACCES: 'may not be written to (permission denied)',
  EPERM: 'may not be written to (permission denied)',
  EROFS: 'is on a file system that is mounted read-only',
  ENOSPC: 'is on a file system that is full',
  EDQUOT: 'is on a file system of which you may use no more',
  EFBIG: 'would be larger than a file may be here',
  EEXIST: 'is a file, not a folder',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'part of the path is a file, not a folder',
}

/** The same for what cannot be written; undefined where the error is not about the place to write to. */
export function explainWriteError(error: unknown): string | undefined {
  return WRITE_REASONS[(error as NodeJS.ErrnoException).code ?? '']
}
