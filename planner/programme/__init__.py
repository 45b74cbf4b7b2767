"""Programme of works: selection and scheduling of projects under annual budgets."""
