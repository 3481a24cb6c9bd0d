// Annotations that springtide writes on targets; what people write there is read by the policies alone.

/** The replicas before a zero of our own: a zero without it is somebody else's. */
export const previousReplicasAnnotation = 'springtide.io/previous-replicas';
