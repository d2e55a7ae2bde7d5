// Post copy that comes into effect by a setting other than allowPostCopy.
import { hco, noWayAround, POST_COPY, STOCK, UNSTABLE } from '../support/attempt.ts'

noWayAround({
  'post copy behind a timeout of 0, and the timeout in the next request': [
    'post-copy-unstable-network',
    {
      old: hco({ ...POST_COPY, completionTimeoutPerGiB: 0 }, UNSTABLE),
      object: hco(POST_COPY, UNSTABLE),
    },
  ],
  'post copy behind a timeout of 0, and a negative one in the next request': [
    'post-copy-unstable-network',
    {
      old: hco({ ...POST_COPY, completionTimeoutPerGiB: 0 }, UNSTABLE),
      object: hco({ ...POST_COPY, completionTimeoutPerGiB: -1 }, UNSTABLE),
    },
  ],
  'post copy at once by a negative timeout': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, UNSTABLE),
      object: hco({ ...POST_COPY, completionTimeoutPerGiB: -1 }, UNSTABLE),
    },
  ],
  'post copy by leaving allowWorkloadDisruption out': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, UNSTABLE),
      object: hco({ ...POST_COPY, allowWorkloadDisruption: null }, UNSTABLE),
    },
  ],
})
