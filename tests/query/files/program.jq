.a?
# a comment
