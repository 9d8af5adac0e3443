//! The members' addresses, which the store holds (see [`crate::book`]).

use system::{Input, NodeId, NodeSet, Op, Output, ReadMode, Reply, Request, Response, System};

use super::Driver;
use super::waiting::Waiter;
use crate::book::{self, Record};

impl Driver {
    /// Asks the store where the members are.
    pub(super) fn look_up_addresses(&mut self) {
        for id in self.members().union(self.shared.book(|book| book.ids())).iter() {
            let op = Op::Get { key: book::key(id) };
            let request = Request::Op { op, read: ReadMode::Local, session: None };
            let waiter = self.waiting.wait(Waiter::Address(id));
            self.hand_over(Input::Request { id: waiter, request });
        }
    }

    pub(super) fn take_address(&self, id: NodeId, reply: Reply) {
        let Reply::Ok { response: Response::Output(Output::Value(Some(value))), .. } = reply else {
            return;
        };
        let Some(record) = Record::decode(&value) else { return };
        let is_member = self.members().contains(id);
        self.shared.change_book(|book| book.take_record(id, &record, is_member));
    }

    pub(super) fn members(&self) -> NodeSet {
        let view = self.node.view();
        view.voters.union(view.outgoing).union(view.learners)
    }
}
