"""The exercises of lessons: quizzes, lines to order, checklists, and the visitor's progress in them."""
