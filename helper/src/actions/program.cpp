// SPDX-License-Identifier: GPL-2.0
// The first line of a script; the program headers of an ELF file, elf(5).
#include "actions/program.hpp"

#include "util/handle.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

namespace knell::actions {

namespace {

constexpr std::string_view blanks = " \t";

Result<Starter> starter_of_script(std::string_view line)
{
	line = line.substr(0, line.find('\n'));
	const auto begin = line.find_first_not_of(blanks);
	if (begin == std::string_view::npos)
		return Error{"it is a script without an interpreter", "", "", ENOEXEC};
	line.remove_prefix(begin);
	return Starter{Starter::Kind::script, std::string(line.substr(0, line.find_first_of(blanks)))};
}

Result<Starter> starter_of_binary(std::span<const char> head)
{
	const Error damaged{"it is a damaged ELF file, or its headers are not at its begin", "", "", ENOEXEC};
	ElfW(Ehdr) header;

	if (head.size() < sizeof(header))
		return damaged;
	std::memcpy(&header, head.data(), sizeof(header));
	// Another class or byte order is another machine's, or the kernel's compatibility's business.
	if (header.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
	    header.e_ident[EI_DATA] != (std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB))
		return Starter{};
	if (header.e_phentsize != sizeof(ElfW(Phdr)) || header.e_phoff > head.size() ||
	    header.e_phnum > (head.size() - header.e_phoff) / sizeof(ElfW(Phdr)))
		return damaged;
	for (std::size_t i = 0; i < header.e_phnum; i++) {
		ElfW(Phdr) segment;
		std::memcpy(&segment, head.data() + header.e_phoff + i * sizeof(segment), sizeof(segment));
		if (segment.p_type != PT_INTERP)
			continue;
		if (segment.p_offset > head.size() || segment.p_filesz > head.size() - segment.p_offset)
			return damaged;
		std::string_view path(head.data() + segment.p_offset, segment.p_filesz);
		return Starter{Starter::Kind::loader, std::string(path.substr(0, path.find('\0')))};
	}
	return Starter{};
}

} // namespace

Result<Starter> starter_of(std::span<const char> head)
{
	const std::string_view text(head.data(), head.size());

	if (text.starts_with("#!"))
		return starter_of_script(text.substr(2));
	if (text.starts_with(ELFMAG))
		return starter_of_binary(head);
	if (text.empty())
		return Error{"it is empty", "", "", ENOEXEC};
	// The kernel may know an interpreter for it (binfmt_misc); the start will tell.
	return Starter{};
}

Result<Starter> starter_of(const std::string &program)
{
	UniqueFd fd(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
	std::array<char, program_head> head;

	if (!fd)
		return Error::from_errno("cannot read " + program, errno);
	const ssize_t got = ::pread(fd.get(), head.data(), head.size(), 0);
	if (got < 0)
		return Error::from_errno("cannot read " + program, errno);
	auto starter = starter_of(std::span<const char>(head.data(), static_cast<std::size_t>(got)));
	if (!starter)
		return Error{"cannot run " + program, starter.error().what, "is it the right file?", ENOEXEC};
	return starter;
}

} // namespace knell::actions
