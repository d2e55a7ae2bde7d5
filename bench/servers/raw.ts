// The floor: node:https, JSON.parse, an AdmissionReview that allows everything. No record.
import { serveReviews } from './reviews.ts'

serveReviews(send => send())
