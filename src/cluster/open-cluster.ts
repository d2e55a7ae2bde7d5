import type { Approver } from '../facts/approver.ts'
import { type Access, createApiClient } from './api-client.ts'
import {
  type ClusterFactsOptions,
  type ClusterFactsSource,
  watchCluster,
} from './cluster-facts-source.ts'
import { createApprover } from './subject-access-review.ts'

/** A cluster that is watched and asked. */
export type Cluster = ClusterFactsSource & { readonly approve: Approver }

/** Starts to watch a cluster, over connections that approvals share. */
export function openCluster(access: Access, options: ClusterFactsOptions): Cluster {
  const api = createApiClient(access)
  const source = watchCluster(api, options)
  return {
    ...source,
    approve: createApprover(api),
    close: async () => {
      await source.close()
      api.close()
    },
  }
}
