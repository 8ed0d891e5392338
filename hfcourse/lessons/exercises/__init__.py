"""The exercises of lessons: quizzes, orderings, checklists, and the visitor's progress in them."""
