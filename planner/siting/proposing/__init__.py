"""Where candidates come from, a module an origin; and the ground on which none may stand."""
