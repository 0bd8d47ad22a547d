// SPDX-License-Identifier: GPL-2.0
// A tree of directories and attributes that is worked by making, linking and writing: configfs.
#pragma once

#include "util/result.hpp"

#include <string>
#include <vector>

namespace knell::actions {

/// Paths are relative to the tree's root. Making what is there and removing what is not succeeds.
class ConfigTree {
public:
	virtual ~ConfigTree() = default;

	virtual bool exists(const std::string &path) const = 0;
	virtual Status make(const std::string &directory) = 0;
	virtual Status remove(const std::string &directory) = 0;
	/// A symbolic link at `path` to the directory `target` of the same tree.
	virtual Status link(const std::string &target, const std::string &path) = 0;
	virtual Status unlink(const std::string &path) = 0;
	virtual Status write(const std::string &attribute, const std::string &text) = 0;
	/// Without the newline at its end.
	virtual Result<std::string> read(const std::string &attribute) const = 0;
	/// Names of directories and links in a directory; none if it is not there.
	virtual std::vector<std::string> list(const std::string &directory) const = 0;
};

/// The kernel's.
class Configfs : public ConfigTree {
public:
	explicit Configfs(std::string root) : root_(std::move(root)) {}

	bool exists(const std::string &path) const override;
	Status make(const std::string &directory) override;
	Status remove(const std::string &directory) override;
	Status link(const std::string &target, const std::string &path) override;
	Status unlink(const std::string &path) override;
	Status write(const std::string &attribute, const std::string &text) override;
	Result<std::string> read(const std::string &attribute) const override;
	std::vector<std::string> list(const std::string &directory) const override;

private:
	std::string at(const std::string &path) const { return root_ + "/" + path; }

	std::string root_;
};

} // namespace knell::actions
