/** The control plane cannot be had on this machine; the message says what to install or set. */
export class ControlPlaneUnavailable extends Error {
  readonly code = 'CONTROL_PLANE_UNAVAILABLE'
}
