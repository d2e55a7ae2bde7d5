import type { FieldName, Settings } from './live-migration-config.ts'

/** The settings that switch post copy on, where the version has both. */
export const POST_COPY_SWITCHES: readonly FieldName[] = ['allowPostCopy', 'allowWorkloadDisruption']

/**
 * Whether a migration under these settings can switch to post copy.
 *
 * The timeout triggers it, so 0 (no timeout) disables it and a negative one triggers at once; it needs allowPostCopy and
 * allowWorkloadDisruption, which follows allowPostCopy where it is unset
 * (kubevirt pkg/virt-config GetMigrationConfiguration; pkg/virt-launcher live-migration-source.go shouldTriggerTimeout).
 */
export function isPostCopyEffective(settings: Settings): boolean {
  return postCopyConditions(settings).every(Boolean)
}

/**
 * What has to hold of each single setting. Where it is the same of two settings, so is whether post copy is effective, also
 * under any MigrationPolicy, which overrides them one by one.
 */
export function postCopyConditions(settings: Settings): readonly boolean[] {
  return [
    settings.allowPostCopy === true,
    settings.allowWorkloadDisruption !== false,
    settings.completionTimeoutPerGiB !== 0,
  ]
}
