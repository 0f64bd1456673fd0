/// The order in which chunks are folded: the tree of RFC 6962 (a node over n leaves has the largest power of two below n
/// on its left), built as leaves come in. Only a node per power of two is held, and the two sides of every node are
/// independent, so that machines can share the work.
#[derive(Debug)]
pub struct FoldTree<T> {
    /// Complete subtrees, larger ones first, with their number of leaves.
    subtrees: Vec<(u32, T)>,
}

impl<T> Default for FoldTree<T> {
    fn default() -> Self {
        Self { subtrees: Vec::new() }
    }
}

impl<T> FoldTree<T> {
    /// Adds the next leaf and merges the subtrees that are complete.
    ///
    /// # Errors
    /// Those of `merge`.
    pub fn push<E>(&mut self, leaf: T, mut merge: impl FnMut(T, T) -> Result<T, E>) -> Result<(), E> {
        let (mut size, mut node) = (1u32, leaf);
        while let Some((left_size, left)) = self.subtrees.pop_if(|(left, _)| *left == size) {
            node = merge(left, node)?;
            size = size.saturating_add(left_size);
        }
        self.subtrees.push((size, node));
        Ok(())
    }

    /// Merges what is left; `None` if there was no leaf.
    ///
    /// # Errors
    /// Those of `merge`.
    pub fn finish<E>(mut self, mut merge: impl FnMut(T, T) -> Result<T, E>) -> Result<Option<T>, E> {
        let Some((_, mut node)) = self.subtrees.pop() else { return Ok(None) };
        while let Some((_, left)) = self.subtrees.pop() {
            node = merge(left, node)?;
        }
        Ok(Some(node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[test]
    fn the_shape_is_that_of_rfc_6962() {
        let build = |n: u32| {
            let merge = |a: String, b: String| Ok::<_, Infallible>(format!("({a}{b})"));
            let mut tree = FoldTree::default();
            (0..n).for_each(|i| tree.push(i.to_string(), merge).unwrap());
            tree.finish(merge).unwrap()
        };
        assert_eq!(build(0), None);
        assert_eq!(build(1).unwrap(), "0");
        assert_eq!(build(3).unwrap(), "((01)2)");
        assert_eq!(build(7).unwrap(), "(((01)(23))((45)6))");
    }
}
